/// Reads a regular expression in JavaScript's syntax without the `u` flag.
struct RegexParser {
    struct Failure: Error {
        let reason: String
    }

    private let units: [UInt16]
    private let options: RegexOptions
    private var offset = 0
    private var depth = 0
    private let groupTotal: Int
    private let groupNames: [[UInt16]: Int]
    private(set) var groupCount = 0
    private(set) var sets: [UnitSet] = []
    private(set) var isRegular = true

    init(_ pattern: UnsafeBufferPointer<UInt8>, _ options: RegexOptions) {
        var units: [UInt16] = []
        var index = 0
        while index < pattern.count {
            let (scalar, length) = decodeScalar(pattern, at: index)
            if scalar < 0x10000 {
                units.append(UInt16(scalar))
            } else {
                units.append(UInt16(0xD800 + (scalar - 0x10000) >> 10))
                units.append(UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF))
            }
            index += length
        }
        self.units = units
        self.options = options
        (groupTotal, groupNames) = RegexParser.groups(in: units)
    }

    mutating func parse() throws(Failure) -> RegexTree {
        if units.count > 4000 { throw Failure(reason: "it is longer than 4000 units") }
        let tree = try choice()
        if offset < units.count { throw Failure(reason: "unmatched )") }
        return tree
    }

    private static func groups(in units: [UInt16]) -> (Int, [[UInt16]: Int]) {
        var count = 0
        var names: [[UInt16]: Int] = [:]
        var inClass = false
        var index = 0
        while index < units.count {
            switch units[index] {
            case 0x5C: index += 1
            case 0x5B: inClass = true
            case 0x5D: inClass = false
            case 0x28 where !inClass:
                let next = index + 1 < units.count ? units[index + 1] : 0
                if next != 0x3F {
                    count += 1
                } else if index + 3 < units.count, units[index + 2] == 0x3C, units[index + 3] != 0x3D,
                    units[index + 3] != 0x21
                {
                    count += 1
                    let name = units[(index + 3)...].prefix { $0 != 0x3E }
                    names[Array(name)] = count
                }
            default: break
            }
            index += 1
        }
        return (count, names)
    }

    private func peek(_ distance: Int = 0) -> UInt16 { offset + distance < units.count ? units[offset + distance] : 0 }

    private func at(_ text: StaticString) -> Bool {
        guard offset + text.utf8CodeUnitCount <= units.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where units[offset + index] != UInt16(text.utf8Start[index]) {
            return false
        }
        return true
    }

    private mutating func choice() throws(Failure) -> RegexTree {
        depth += 1
        if depth > 200 { throw Failure(reason: "it nests too deep") }
        var parts = [try sequence()]
        while offset < units.count, peek() == 0x7C {
            offset += 1
            parts.append(try sequence())
        }
        depth -= 1
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(Failure) -> RegexTree {
        var parts: [RegexTree] = []
        while offset < units.count, peek() != 0x7C, peek() != 0x29 {
            let firstGroup = groupCount
            let part = try atom()
            parts.append(try quantified(part, groups: (firstGroup + 1)..<(groupCount + 1)))
        }
        return parts.count == 1 ? parts[0] : (parts.isEmpty ? .empty : .sequence(parts))
    }

    private mutating func quantified(_ part: RegexTree, groups: Range<Int>) throws(Failure) -> RegexTree {
        var least = 0
        var most: Int?
        switch offset < units.count ? peek() : 0 {
        case 0x2A: offset += 1
        case 0x2B:
            least = 1
            offset += 1
        case 0x3F:
            most = 1
            offset += 1
        case 0x7B:
            guard let (low, high, length) = counts() else { return part }
            least = low
            most = high
            offset += length
            if let most, most < least { throw Failure(reason: "numbers out of order in {}") }
            if max(least, most ?? 0) > 1000 { throw Failure(reason: "it repeats more than 1000 times") }
        default: return part
        }
        var isGreedy = true
        if offset < units.count, peek() == 0x3F {
            isGreedy = false
            offset += 1
        }
        switch offset < units.count ? peek() : 0 {
        case 0x2A, 0x2B, 0x3F: throw Failure(reason: "nothing to repeat")
        default: break
        }
        return .loop(part, least: least, most: most, isGreedy: isGreedy, groups: groups)
    }

    /// The numbers of `{n}`, `{n,}` or `{n,m}` and how long it is; nil when the brace is a literal.
    private func counts() -> (Int, Int?, Int)? {
        var index = offset + 1
        func number() -> Int? {
            let start = index
            var value = 0
            while index < units.count, units[index] >= 0x30, units[index] <= 0x39 {
                value = min(value * 10 + Int(units[index] - 0x30), 1_000_000)
                index += 1
            }
            return index > start ? value : nil
        }
        guard let least = number() else { return nil }
        var most: Int? = least
        if index < units.count, units[index] == 0x2C {
            index += 1
            most = number()
        }
        guard index < units.count, units[index] == 0x7D else { return nil }
        return (least, most, index + 1 - offset)
    }

    private mutating func atom() throws(Failure) -> RegexTree {
        let unit = peek()
        offset += 1
        switch unit {
        case 0x2E: return .any
        case 0x5E: return .lineStart
        case 0x24: return .lineEnd
        case 0x28: return try group()
        case 0x5B: return .set(try register(characterClass()))
        case 0x5C: return try escape()
        case 0x2A, 0x2B, 0x3F: throw Failure(reason: "nothing to repeat")
        default: return literal(unit)
        }
    }

    private func literal(_ unit: UInt16) -> RegexTree {
        .unit(options.ignoresCase ? CaseFolding.fold(unit) : unit)
    }

    private mutating func register(_ set: UnitSet) throws(Failure) -> Int {
        let stored = options.ignoresCase ? set.caseInsensitive : set
        if let known = sets.firstIndex(of: stored) { return known }
        sets.append(stored)
        return sets.count - 1
    }

    private mutating func group() throws(Failure) -> RegexTree {
        var result: (RegexTree) -> RegexTree = { $0 }
        if at("?:") {
            offset += 2
        } else if at("?=") || at("?!") {
            let isPositive = at("?=")
            offset += 2
            isRegular = false
            result = { .lookAround($0, isBehind: false, isPositive: isPositive) }
        } else if at("?<=") || at("?<!") {
            let isPositive = at("?<=")
            offset += 3
            isRegular = false
            result = { .lookAround($0, isBehind: true, isPositive: isPositive) }
        } else {
            if at("?<") {
                while offset < units.count, peek() != 0x3E { offset += 1 }
                offset += 1
            } else if peek() == 0x3F, offset < units.count {
                throw Failure(reason: "invalid group")
            }
            groupCount += 1
            let number = groupCount
            result = { .group(number, $0) }
        }
        let inner = try choice()
        guard offset < units.count, peek() == 0x29 else { throw Failure(reason: "a group is not closed") }
        offset += 1
        return result(inner)
    }

    private mutating func escape() throws(Failure) -> RegexTree {
        guard offset < units.count else { throw Failure(reason: "\\ at the end") }
        let unit = peek()
        switch unit {
        case 0x62, 0x42:
            offset += 1
            return .wordEdge(unit == 0x62)
        case 0x31...0x39:
            var index = offset
            var number = 0
            while index < units.count, units[index] >= 0x30, units[index] <= 0x39, number < 1000 {
                number = number * 10 + Int(units[index] - 0x30)
                index += 1
            }
            if number <= groupTotal {
                offset = index
                isRegular = false
                return .reference(number)
            }
            if unit >= 0x38 {
                offset += 1
                return literal(unit)
            }
            return literal(octal())
        case 0x6B where !groupNames.isEmpty && peek(1) == 0x3C:
            let name = Array(units[(offset + 2)...].prefix { $0 != 0x3E })
            guard let number = groupNames[name] else { throw Failure(reason: "unknown group name") }
            offset += name.count + 3
            isRegular = false
            return .reference(number)
        default: break
        }
        if let set = classEscape() { return .set(try register(set)) }
        return literal(characterEscape())
    }

    private mutating func octal() -> UInt16 {
        var value: UInt16 = 0
        var length = 0
        while length < 3, offset < units.count, peek() >= 0x30, peek() <= 0x37, value * 8 + (peek() - 0x30) <= 255 {
            value = value * 8 + (peek() - 0x30)
            offset += 1
            length += 1
        }
        return value
    }

    private mutating func classEscape() -> UnitSet? {
        let set: UnitSet
        switch peek() {
        case 0x64: set = .digits
        case 0x44: set = UnitSet(ranges: UnitSet.digits.complement)
        case 0x77: set = .words
        case 0x57: set = UnitSet(ranges: UnitSet.words.complement)
        case 0x73: set = .spaces
        case 0x53: set = UnitSet(ranges: UnitSet.spaces.complement)
        default: return nil
        }
        offset += 1
        return set
    }

    private mutating func characterEscape() -> UInt16 {
        let unit = peek()
        offset += 1
        switch unit {
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x76: return 0x0B
        case 0x66: return 0x0C
        case 0x30:
            offset -= 1
            return octal()
        case 0x63:
            let letter = peek() & ~0x20
            if offset < units.count, letter >= 0x41, letter <= 0x5A {
                offset += 1
                return letter & 0x1F
            }
            offset -= 1
            return 0x5C
        case 0x78: return hex(2) ?? unit
        case 0x75: return hex(4) ?? unit
        default: return unit
        }
    }

    private mutating func hex(_ count: Int) -> UInt16? {
        guard offset + count <= units.count else { return nil }
        var value: UInt16 = 0
        for index in 0..<count {
            guard units[offset + index] < 128, let digit = hexDigit(UInt8(units[offset + index])) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        offset += count
        return value
    }

    private mutating func characterClass() throws(Failure) -> UnitSet {
        var result = UnitSet()
        if offset < units.count, peek() == 0x5E {
            result.isInverted = true
            offset += 1
        }
        while true {
            guard offset < units.count else { throw Failure(reason: "a class is not closed") }
            if peek() == 0x5D {
                offset += 1
                return result
            }
            let low = classAtom()
            if offset + 1 < units.count, peek() == 0x2D, peek(1) != 0x5D {
                offset += 1
                let high = classAtom()
                if case .single(let first) = low, case .single(let last) = high {
                    if first > last { throw Failure(reason: "range out of order in a class") }
                    result.ranges.append(first...last)
                } else {
                    result.ranges += low.ranges + high.ranges + [0x2D...0x2D]
                }
            } else {
                result.ranges += low.ranges
            }
        }
    }

    private enum ClassAtom {
        case single(UInt16)
        case several([ClosedRange<UInt16>])
        var ranges: [ClosedRange<UInt16>] {
            switch self {
            case .single(let unit): [unit...unit]
            case .several(let ranges): ranges
            }
        }
    }

    private mutating func classAtom() -> ClassAtom {
        let unit = peek()
        offset += 1
        guard unit == 0x5C, offset < units.count else { return .single(unit) }
        if peek() == 0x62 {
            offset += 1
            return .single(0x08)
        }
        if peek() >= 0x31, peek() <= 0x37 { return .single(octal()) }
        if let set = classEscape() { return .several(set.ranges) }
        return .single(characterEscape())
    }
}
