/// Turns the tree of a regular expression into a program.
struct RegexCompiler {
    enum Outcome {
        case program(RegexPointer)
        case failure(String)
    }

    private static let instructionsMax = 30_000

    private var code: [RegexInstruction] = []
    private var loops = 0
    private var isTooLarge = false
    private var sets: [UnitSet]
    private let ignoresCase: Bool

    private init(sets: [UnitSet], ignoresCase: Bool) {
        self.sets = sets
        self.ignoresCase = ignoresCase
    }

    /// Compiles a pattern into memory of `arena`.
    static func compile(_ pattern: UnsafeBufferPointer<UInt8>, _ options: RegexOptions, _ arena: Arena) -> Outcome {
        var parser = RegexParser(pattern, options)
        let tree: RegexTree
        do throws(RegexParser.Failure) { tree = try parser.parse() } catch { return .failure(error.reason) }
        var compiler = RegexCompiler(sets: parser.sets, ignoresCase: options.ignoresCase)
        compiler.emit(tree)
        compiler.add(.match)
        if compiler.isTooLarge { return .failure("it is too large") }
        let instructions = arena.allocate(RegexInstruction.self, count: compiler.code.count)
        for (index, instruction) in compiler.code.enumerated() { instructions[index] = instruction }
        let sets = arena.allocate(RegexSet.self, count: compiler.sets.count)
        for (index, set) in compiler.sets.enumerated() { sets[index] = set.stored(in: arena) }
        let program = arena.allocate(RegexProgram.self, count: 1)
        program.initialize(
            to: RegexProgram(
                instructions: instructions,
                count: compiler.code.count,
                sets: sets,
                groupCount: parser.groupCount,
                loopCount: compiler.loops,
                options: options,
                isRegular: parser.isRegular,
                isAnchored: compiler.code[0].operation == .lineStart && !options.isMultiline,
                firstBytes: nil
            )
        )
        program.pointee.firstBytes = RegexFirstBytes.of(program, arena)
        return .program(program)
    }

    @discardableResult
    private mutating func add(_ operation: RegexOperation, _ x: Int = 0, _ y: Int = 0) -> Int {
        if code.count >= RegexCompiler.instructionsMax {
            isTooLarge = true
            return 0
        }
        code.append(RegexInstruction(operation: operation, x: Int32(x), y: Int32(y)))
        return code.count - 1
    }

    private mutating func emit(_ tree: RegexTree) {
        if isTooLarge { return }
        switch tree {
        case .empty: break
        case .unit(let unit): add(.unit, Int(unit))
        case .any: add(.any)
        case .set(let set): add(.set, set)
        case .sequence(let parts): for part in parts { emit(part) }
        case .choice(let parts): emit(choice: parts)
        case .group(let number, let inner):
            add(.save, number * 2)
            emit(inner)
            add(.save, number * 2 + 1)
        case .lineStart: add(.lineStart)
        case .lineEnd: add(.lineEnd)
        case .wordEdge(let isEdge): add(isEdge ? .wordEdge : .noWordEdge)
        case .reference(let number): add(.reference, number)
        case .lookAround(let inner, let isBehind, let isPositive):
            let look = add(isBehind ? .lookBehind : .lookAhead, 0, isPositive ? 1 : 0)
            emit(inner)
            add(.accept)
            code[look].x = Int32(code.count)
        case .loop(let inner, let least, let most, let isGreedy, let groups):
            emit(loop: inner, least: least, most: most, isGreedy: isGreedy, groups: groups)
        }
    }

    private mutating func emit(choice parts: [RegexTree]) {
        var jumps: [Int] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1 {
                emit(part)
                break
            }
            let split = add(.split)
            code[split].x = Int32(code.count)
            emit(part)
            jumps.append(add(.jump))
            code[split].y = Int32(code.count)
        }
        for jump in jumps { code[jump].x = Int32(code.count) }
    }

    private mutating func emit(loop inner: RegexTree, least: Int, most: Int?, isGreedy: Bool, groups: Range<Int>) {
        if isGreedy, most == nil, least <= 1, let set = singleSet(inner) {
            add(.greedySet, set, least)
            return
        }
        for _ in 0..<least { emit(turn: inner, groups) }
        if let most {
            var splits: [Int] = []
            for _ in least..<max(least, most) {
                splits.append(add(.split))
                emit(checkedTurn: inner, groups)
                if isTooLarge { return }
            }
            for split in splits { branch(split, into: split + 1, past: code.count, isGreedy) }
        } else {
            let split = add(.split)
            emit(checkedTurn: inner, groups)
            add(.jump, split)
            branch(split, into: split + 1, past: code.count, isGreedy)
        }
    }

    /// The class of a loop body that consumes one unit.
    private mutating func singleSet(_ tree: RegexTree) -> Int? {
        let set: UnitSet
        switch tree {
        case .set(let known): return known
        case .any: set = UnitSet(ranges: [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], isInverted: true)
        case .unit(let unit) where !ignoresCase: set = UnitSet(ranges: [unit...unit])
        default: return nil
        }
        if let known = sets.firstIndex(of: set) { return known }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func branch(_ split: Int, into: Int, past: Int, _ isGreedy: Bool) {
        code[split].x = Int32(isGreedy ? into : past)
        code[split].y = Int32(isGreedy ? past : into)
    }

    private mutating func emit(turn inner: RegexTree, _ groups: Range<Int>) {
        if !groups.isEmpty { add(.forget, groups.lowerBound * 2, groups.upperBound * 2) }
        emit(inner)
    }

    private mutating func emit(checkedTurn inner: RegexTree, _ groups: Range<Int>) {
        guard inner.canBeEmpty else { return emit(turn: inner, groups) }
        let loop = loops
        loops += 1
        add(.enter, loop)
        emit(turn: inner, groups)
        add(.progress, loop)
    }
}

/// Finds the bytes a match can start with, so that a search can skip ahead.
enum RegexFirstBytes {
    static func of(_ program: RegexPointer, _ arena: Arena) -> UnsafeMutablePointer<UInt64>? {
        let bits = arena.allocate(UInt64.self, count: 4)
        bits.initialize(repeating: 0, count: 4)
        var visited = [Bool](repeating: false, count: program.pointee.count)
        guard follow(0, program, bits, &visited) else { return nil }
        return bits
    }

    private static func follow(
        _ start: Int,
        _ program: RegexPointer,
        _ bits: UnsafeMutablePointer<UInt64>,
        _ visited: inout [Bool]
    ) -> Bool {
        var pending = [start]
        func mark(_ byte: Int) { bits[byte >> 6] |= 1 << UInt64(byte & 63) }
        func markHigh() { for byte in 128..<256 { mark(byte) } }
        while let pc = pending.popLast() {
            if visited[pc] { continue }
            visited[pc] = true
            let instruction = program.pointee.instructions[pc]
            switch instruction.operation {
            case .unit:
                let unit = Int(instruction.x)
                if unit >= 128 {
                    markHigh()
                } else {
                    mark(unit)
                    if program.pointee.options.ignoresCase, unit >= 0x41, unit <= 0x5A { mark(unit + 32) }
                }
            case .set, .greedySet:
                let set = program.pointee.sets[Int(instruction.x)]
                for unit in 0..<128 where set.contains(UInt16(unit)) { mark(unit) }
                if set.isInverted || set.rangeCount > 0 { markHigh() }
                if instruction.operation == .greedySet, instruction.y == 0 { pending.append(pc + 1) }
            case .split:
                pending.append(Int(instruction.x))
                pending.append(Int(instruction.y))
            case .jump: pending.append(Int(instruction.x))
            case .save, .forget, .enter: pending.append(pc + 1)
            case .wordEdge, .lineEnd, .noWordEdge, .lineStart: pending.append(pc + 1)
            default: return false
            }
        }
        return true
    }
}
