/// The parts of a regular expression.
indirect enum RegexTree {
    case empty
    case unit(UInt16)
    case any
    case set(Int)
    case sequence([RegexTree])
    case choice([RegexTree])
    /// A group that captures; the number counts from 1.
    case group(Int, RegexTree)
    case lineStart, lineEnd
    case wordEdge(Bool)
    case reference(Int)
    case lookAround(RegexTree, isBehind: Bool, isPositive: Bool)
    /// `groups` are the numbers of the groups inside.
    case loop(RegexTree, least: Int, most: Int?, isGreedy: Bool, groups: Range<Int>)

    /// Whether it can match without consuming anything.
    var canBeEmpty: Bool {
        switch self {
        case .unit, .any, .set: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .choice(let parts): parts.contains(where: \.canBeEmpty)
        case .group(_, let inner): inner.canBeEmpty
        case .loop(let inner, let least, _, _, _): least == 0 || inner.canBeEmpty
        default: true
        }
    }
}

/// A set of units while it is built.
struct UnitSet: Equatable {
    var ranges: [ClosedRange<UInt16>] = []
    var isInverted = false

    static let digits = UnitSet(ranges: [0x30...0x39])
    static let words = UnitSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = UnitSet(ranges: [
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])

    /// Everything the set lacks.
    var complement: [ClosedRange<UInt16>] {
        var result: [ClosedRange<UInt16>] = []
        var next = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if Int(range.lowerBound) > next { result.append(UInt16(next)...(range.lowerBound - 1)) }
            next = max(next, Int(range.upperBound) + 1)
        }
        if next <= 0xFFFF { result.append(UInt16(next)...0xFFFF) }
        return result
    }

    /// The set with both cases of its letters.
    var caseInsensitive: UnitSet {
        var result = self
        for range in ranges where range.lowerBound < 128 {
            for (letters, distance) in [(UInt16(0x41)...0x5A, 32), (0x61...0x7A, -32)] where range.overlaps(letters) {
                let shared = range.clamped(to: letters)
                func other(_ unit: UInt16) -> UInt16 { UInt16(Int(unit) + distance) }
                result.ranges.append(other(shared.lowerBound)...other(shared.upperBound))
            }
        }
        for range in ranges where range.upperBound >= 128 && range.count < 4096 {
            for unit in max(range.lowerBound, 128)...range.upperBound {
                guard let scalar = Unicode.Scalar(UInt32(unit)) else { continue }
                for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                    let units = Array(mapping.utf16)
                    if units.count == 1, units[0] != unit, units[0] >= 128 {
                        result.ranges.append(units[0]...units[0])
                    }
                }
            }
        }
        return result
    }

    func stored(in arena: Arena) -> RegexSet {
        var set = RegexSet()
        set.isInverted = isInverted
        let high = ranges.filter { $0.upperBound >= 128 }
        if !high.isEmpty {
            let pairs = arena.allocate(UInt16.self, count: high.count * 2)
            for (index, range) in high.enumerated() {
                pairs[index * 2] = range.lowerBound
                pairs[index * 2 + 1] = range.upperBound
            }
            set.ranges = pairs
            set.rangeCount = high.count
        }
        for range in ranges where range.lowerBound < 128 {
            for unit in range.lowerBound...min(range.upperBound, 127) {
                if unit < 64 { set.low.0 |= 1 << UInt64(unit) } else { set.low.1 |= 1 << UInt64(unit - 64) }
            }
        }
        if isInverted { set.low = (~set.low.0, ~set.low.1) }
        return set
    }
}
