#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Runs a regex program over a string by backtracking on a stack of its own.
///
/// Positions are byte offsets; inside a four-byte sequence the offset two bytes in stands between the two surrogates.
/// When an attempt takes suspiciously many steps and the program is regular, failed (instruction, position) pairs are
/// remembered from then on, which bounds the work by program size times text length. All steps cost fuel.
struct RegexMatcher {
    private struct Choice: BitwiseCopyable {
        var kind: Int32
        var pc: Int32
        var position: Int32
        var extra: Int32
    }
    private static let branch: Int32 = 0
    private static let restoreSlot: Int32 = 1
    private static let restoreLoop: Int32 = 2
    private static let greedy: Int32 = 3

    let program: RegexPointer
    let evaluator: Evaluator
    let text: UnsafeBufferPointer<UInt8>
    private let base: UnsafePointer<UInt8>
    private let end: Int
    /// Pairs of offsets for the match and its groups; -1 where a group did not take part.
    let slots: UnsafeMutablePointer<Int32>
    private let loops: UnsafeMutablePointer<Int32>
    private var stack: UnsafeMutablePointer<Choice>
    private var capacity = 64
    private var top = 0
    private var visited: UnsafeMutablePointer<UInt64>?
    private var steps = 0
    private let stepsBeforeMemory: Int

    init(_ program: RegexPointer, _ string: Value, _ evaluator: Evaluator) {
        self.program = program
        self.evaluator = evaluator
        text = string.bytes
        base = string.start
        end = text.count
        let arena = evaluator.arena
        slots = arena.allocate(Int32.self, count: (program.pointee.groupCount + 1) * 2)
        loops = arena.allocate(Int32.self, count: program.pointee.loopCount + 1)
        stack = arena.allocate(Choice.self, count: 64)
        stepsBeforeMemory = 2000 + 16 * end
    }

    var matchStart: Int { Int(slots[0]) }
    var matchEnd: Int { Int(slots[1]) }

    /// Looks for the first match that starts at or after an offset.
    mutating func find(from start: Int) throws(Fault) -> Bool {
        var position = start
        let firstBytes = program.pointee.firstBytes
        while position <= end {
            if let firstBytes {
                while position < end {
                    let byte = base[position]
                    if firstBytes[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0 { break }
                    position += 1
                }
                if position >= end { return false }
                if base[position] & 0xC0 == 0x80, !isBetweenSurrogates(position) {
                    position += 1
                    continue
                }
            }
            if try run(from: 0, at: position, mustEndAt: nil) {
                slots[0] = Int32(position)
                return true
            }
            if program.pointee.isAnchored { return false }
            position = position < end ? next(position) : end + 1
        }
        return false
    }

    // MARK: - Units

    private func isBetweenSurrogates(_ position: Int) -> Bool { position >= 2 && base[position - 2] >= 0xF0 }

    /// The offset after the unit at an offset.
    @inline(__always)
    func next(_ position: Int) -> Int {
        let byte = base[position]
        if byte < 0x80 { return position + 1 }
        if byte < 0xC0 || byte >= 0xF0 { return min(position + 2, end) }
        return min(position + (byte < 0xE0 ? 2 : 3), end)
    }

    /// The unit at an offset.
    @inline(__always)
    private func unit(_ position: Int) -> UInt16 {
        let byte = base[position]
        return byte < 0x80 ? UInt16(byte) : longUnit(position)
    }

    @inline(never)
    private func longUnit(_ position: Int) -> UInt16 {
        let byte = base[position]
        if byte & 0xC0 == 0x80 {
            guard position >= 2 else { return 0xFFFD }
            return UInt16(0xDC00 + (decodeScalar(text, at: position - 2).scalar &- 0x10000) & 0x3FF)
        }
        let scalar = decodeScalar(text, at: position).scalar
        return scalar < 0x10000 ? UInt16(scalar) : UInt16(truncatingIfNeeded: 0xD800 + (scalar - 0x10000) >> 10)
    }

    /// The unit that ends at an offset.
    private func unitBefore(_ position: Int) -> UInt16 {
        var start = position - 1
        if base[start] < 0x80 { return UInt16(base[start]) }
        if isBetweenSurrogates(position) { return unit(position - 2) }
        while start > 0, base[start] & 0xC0 == 0x80 { start -= 1 }
        return base[start] >= 0xF0 ? unit(start + 2) : unit(start)
    }

    private func isWord(_ unit: UInt16) -> Bool {
        switch unit {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }

    private func isLineEnd(_ unit: UInt16) -> Bool { unit == 0x0A || unit == 0x0D || unit == 0x2028 || unit == 0x2029 }

    private func isAtWordEdge(_ position: Int) -> Bool {
        let before = position > 0 && isWord(unitBefore(position))
        let after = position < end && isWord(unit(position))
        return before != after
    }

    // MARK: - Running

    /// Runs from an instruction at an offset; sets slot 1 on success.
    private mutating func run(from start: Int, at origin: Int, mustEndAt: Int?) throws(Fault) -> Bool {
        let floor = top
        if start == 0 {
            for index in 0..<((program.pointee.groupCount + 1) * 2) { slots[index] = -1 }
        }
        let code = program.pointee.instructions
        let sets = program.pointee.sets
        let ignoresCase = program.pointee.options.ignoresCase
        var pc = start
        var position = origin
        var failed = false
        while true {
            if failed {
                failed = false
                guard let resumed = try backtrack(to: floor) else { return false }
                pc = resumed.pc
                position = resumed.position
            }
            let instruction = code[pc]
            switch instruction.operation {
            case .unit:
                if position < end {
                    let found = unit(position)
                    if found == UInt16(instruction.x)
                        || (ignoresCase && CaseFolding.fold(found) == UInt16(instruction.x))
                    {
                        position = next(position)
                        pc += 1
                        continue
                    }
                }
                failed = true
            case .any:
                if position < end, !isLineEnd(unit(position)) {
                    position = next(position)
                    pc += 1
                } else {
                    failed = true
                }
            case .set:
                if position < end, sets[Int(instruction.x)].contains(unit(position)) {
                    position = next(position)
                    pc += 1
                } else {
                    failed = true
                }
            case .greedySet:
                let first = position
                let set = sets[Int(instruction.x)]
                while position < end, set.contains(unit(position)) { position = next(position) }
                if position - first > 64 {
                    steps += (position - first) >> 3
                    try evaluator.spend((position - first) >> 6)
                }
                let least = instruction.y == 0 || position == first ? first : next(first)
                if instruction.y > 0, position == first {
                    failed = true
                } else {
                    if position > least {
                        push(
                            Choice(
                                kind: RegexMatcher.greedy,
                                pc: Int32(pc + 1),
                                position: Int32(position),
                                extra: Int32(least)
                            )
                        )
                    }
                    pc += 1
                }
            case .split:
                push(Choice(kind: RegexMatcher.branch, pc: instruction.y, position: Int32(position), extra: 0))
                pc = Int(instruction.x)
                try step()
                if try isKnownFailure(pc, position) { failed = true }
            case .jump: pc = Int(instruction.x)
            case .save:
                set(slot: instruction.x, to: Int32(position))
                pc += 1
            case .forget:
                for slot in instruction.x..<instruction.y where slots[Int(slot)] >= 0 { set(slot: slot, to: -1) }
                pc += 1
            case .enter:
                let loop = instruction.x
                push(Choice(kind: RegexMatcher.restoreLoop, pc: loop, position: loops[Int(loop)], extra: 0))
                loops[Int(loop)] = Int32(position)
                pc += 1
            case .progress: if Int(loops[Int(instruction.x)]) == position { failed = true } else { pc += 1 }
            case .lineStart:
                let holds = position == 0 || (program.pointee.options.isMultiline && isLineEnd(unitBefore(position)))
                if holds { pc += 1 } else { failed = true }
            case .lineEnd:
                let holds = position == end || (program.pointee.options.isMultiline && isLineEnd(unit(position)))
                if holds { pc += 1 } else { failed = true }
            case .wordEdge: if isAtWordEdge(position) { pc += 1 } else { failed = true }
            case .noWordEdge: if isAtWordEdge(position) { failed = true } else { pc += 1 }
            case .reference:
                if let after = reference(Int(instruction.x), at: position) {
                    position = after
                    pc += 1
                } else {
                    failed = true
                }
            case .lookAhead, .lookBehind:
                if try looks(instruction, at: pc, position) { pc = Int(instruction.x) } else { failed = true }
            case .accept, .match:
                guard let mustEndAt, position != mustEndAt else {
                    if instruction.operation == .match { slots[1] = Int32(position) }
                    if floor > 0 || instruction.operation == .accept { dropBranches(to: floor) } else { top = 0 }
                    return true
                }
                failed = true
            }
        }
    }

    private mutating func set(slot: Int32, to value: Int32) {
        push(Choice(kind: RegexMatcher.restoreSlot, pc: slot, position: slots[Int(slot)], extra: 0))
        slots[Int(slot)] = value
    }

    private mutating func push(_ choice: Choice) {
        if top == capacity {
            let grown = evaluator.arena.allocate(Choice.self, count: capacity * 2)
            grown.update(from: stack, count: top)
            stack = grown
            capacity *= 2
        }
        stack[top] = choice
        top += 1
    }

    @inline(__always)
    private mutating func step() throws(Fault) {
        steps &+= 1
        if steps & 0xFF == 0 { try evaluator.spend(256 / 8) }
    }

    /// Undoes what was done since the last choice and takes its other way.
    private mutating func backtrack(to floor: Int) throws(Fault) -> (pc: Int, position: Int)? {
        while top > floor {
            try step()
            let choice = stack[top - 1]
            switch choice.kind {
            case RegexMatcher.restoreSlot:
                slots[Int(choice.pc)] = choice.position
                top -= 1
            case RegexMatcher.restoreLoop:
                loops[Int(choice.pc)] = choice.position
                top -= 1
            case RegexMatcher.greedy:
                let position = previous(Int(choice.position))
                if position <= Int(choice.extra) { top -= 1 } else { stack[top - 1].position = Int32(position) }
                if try isKnownFailure(Int(choice.pc), position) { continue }
                return (Int(choice.pc), position)
            default:
                top -= 1
                if try isKnownFailure(Int(choice.pc), Int(choice.position)) { continue }
                return (Int(choice.pc), Int(choice.position))
            }
        }
        return nil
    }

    private func previous(_ position: Int) -> Int {
        var start = position - 1
        if base[start] < 0x80 { return start }
        if isBetweenSurrogates(position) { return position - 2 }
        while start > 0, base[start] & 0xC0 == 0x80 { start -= 1 }
        return base[start] >= 0xF0 ? start + 2 : start
    }

    /// After a lookaround, keeps the undo records and forgets its other ways.
    private mutating func dropBranches(to floor: Int) {
        var kept = floor
        for index in floor..<top
        where stack[index].kind == RegexMatcher.restoreSlot || stack[index].kind == RegexMatcher.restoreLoop {
            stack[kept] = stack[index]
            kept += 1
        }
        top = kept
    }

    /// Whether this place was tried before in vain; from a number of steps on, marks it as tried.
    @inline(__always)
    private mutating func isKnownFailure(_ pc: Int, _ position: Int) throws(Fault) -> Bool {
        if steps < stepsBeforeMemory { return false }
        return try remember(pc, position)
    }

    @inline(never)
    private mutating func remember(_ pc: Int, _ position: Int) throws(Fault) -> Bool {
        guard program.pointee.isRegular else { return false }
        let bit = position * program.pointee.count + pc
        let words = ((end + 1) * program.pointee.count + 63) / 64
        if visited == nil {
            if words > 4 << 20 { throw evaluator.fail(.u2005) }
            let bits = evaluator.arena.allocate(UInt64.self, count: words)
            bits.initialize(repeating: 0, count: words)
            visited = bits
            try evaluator.spend(words / 16)
        }
        guard let visited else { return false }
        let mask: UInt64 = 1 << UInt64(bit & 63)
        if visited[bit >> 6] & mask != 0 { return true }
        visited[bit >> 6] |= mask
        return false
    }

    private mutating func looks(_ instruction: RegexInstruction, at pc: Int, _ position: Int) throws(Fault) -> Bool {
        let mark = top
        var found = false
        if instruction.operation == .lookAhead {
            found = try run(from: pc + 1, at: position, mustEndAt: nil)
        } else {
            var start = position
            while true {
                try step()
                if try run(from: pc + 1, at: start, mustEndAt: position) {
                    found = true
                    break
                }
                if start == 0 { break }
                start = previous(start)
            }
        }
        if instruction.y == 1 { return found }
        // A negative lookaround leaves no captures behind.
        while top > mark {
            let choice = stack[top - 1]
            if choice.kind == RegexMatcher.restoreSlot { slots[Int(choice.pc)] = choice.position }
            if choice.kind == RegexMatcher.restoreLoop { loops[Int(choice.pc)] = choice.position }
            top -= 1
        }
        return !found
    }

    private func reference(_ group: Int, at position: Int) -> Int? {
        let start = Int(slots[group * 2])
        let finish = Int(slots[group * 2 + 1])
        guard start >= 0, finish >= start else { return position }
        let length = finish - start
        guard position + length <= end else { return nil }
        if memcmp(base + start, base + position, length) == 0 { return position + length }
        guard program.pointee.options.ignoresCase else { return nil }
        var left = start
        var right = position
        while left < finish {
            guard right < end, CaseFolding.fold(unit(left)) == CaseFolding.fold(unit(right)) else { return nil }
            left = next(left)
            right = next(right)
        }
        return right
    }
}
