#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Remembers what the functions of `$sift` think of names, from one record and one session of a program to the next.
///
/// Only functions that look at the name alone are remembered: `function($v, $k) { $contains($k, "__c") }`. A part of
/// ``SessionMemory``.
struct KeyVerdicts: BitwiseCopyable {
    private struct Verdict: BitwiseCopyable {
        var key: Value = .undefined
        var isWanted = false
    }

    private struct Function: BitwiseCopyable {
        var node: NodePointer?
        var verdicts: UnsafeMutablePointer<Verdict>?
    }

    private static let functionCount = 4
    private static let verdictCount = 256
    /// Places that a name may stand in, one behind the other.
    private static let probes = 4

    /// More than this is not worth keeping.
    private static let bytesMax = 16 << 10

    private let arena: Arena
    private let functions: UnsafeMutablePointer<Function>

    /// Remembers nothing yet; the owner calls ``destroy()`` once.
    init() {
        // Room for the verdicts of one function and the names; the next chunk would be more than is kept.
        arena = Arena(firstChunk: 14 << 10)
        functions = arena.allocate(Function.self, count: Self.functionCount)
        functions.initialize(repeating: Function(), count: Self.functionCount)
    }

    /// Whether it may be handed to the next session.
    var isWorthKeeping: Bool { arena.bytesUsed <= Self.bytesMax }

    /// Frees everything.
    func destroy() { arena.destroy() }

    /// The place of a function's verdicts; nil when they may not be remembered.
    func place(of function: NodePointer, _ globals: UnsafeMutablePointer<Value>) -> Int? {
        for index in 0..<Self.functionCount {
            if functions[index].node == function { return functions[index].verdicts == nil ? nil : index }
            guard functions[index].node == nil else { continue }
            functions[index].node = function
            guard let body = function.pointee.right, function.pointee.extras?.pointee.signature == nil,
                Self.looksAtKeyOnly(body, globals)
            else { return nil }
            let verdicts = arena.allocate(Verdict.self, count: Self.verdictCount)
            verdicts.initialize(repeating: Verdict(), count: Self.verdictCount)
            functions[index].verdicts = verdicts
            return index
        }
        return nil
    }

    /// What was said of a name; nil when it was not asked yet.
    @inline(__always)
    func verdict(_ place: Int, _ key: Value) -> Bool? {
        let verdicts = functions[place].verdicts.unsafelyUnwrapped
        for probe in 0..<Self.probes {
            let known = verdicts + ((key.keyHash + probe) & (Self.verdictCount - 1))
            guard known.pointee.key.isString else { return nil }
            if known.pointee.key.equalsKey(key) { return known.pointee.isWanted }
        }
        return nil
    }

    /// Remembers what was said of a name.
    func remember(_ place: Int, _ key: Value, _ isWanted: Bool) {
        let kept = arena.string(copying: key.bytes).keyed
        let verdicts = functions[place].verdicts.unsafelyUnwrapped
        var slot = key.keyHash & (Self.verdictCount - 1)
        for probe in 0..<Self.probes {
            let free = (key.keyHash + probe) & (Self.verdictCount - 1)
            guard verdicts[free].key.isString else {
                slot = free
                break
            }
        }
        verdicts[slot] = Verdict(key: kept, isWanted: isWanted)
    }

    /// Whether an expression's value hangs on the second parameter of its function and on nothing else.
    private static func looksAtKeyOnly(_ node: NodePointer, _ globals: UnsafeMutablePointer<Value>) -> Bool {
        guard node.pointee.stages.count == 0, node.pointee.extras?.pointee.group == nil else { return false }
        func all(_ nodes: [NodePointer?]) -> Bool {
            nodes.allSatisfy { $0.map { looksAtKeyOnly($0, globals) } ?? true }
        }
        switch node.pointee.operation {
        case .literal: return !node.pointee.value.isFunction
        case .regex: return true
        case .variable: return node.pointee.depth == 0 && node.pointee.slot == 1 && node.pointee.third == nil
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or, .isIn, .condition:
            return all([node.pointee.left, node.pointee.right, node.pointee.third])
        case .array, .concatenate: return all((0..<node.pointee.list.count).map { node.pointee.list[$0] })
        case .call:
            guard let procedure = node.pointee.left, procedure.pointee.operation == .global,
                procedure.pointee.depth == 0, node.pointee.list.count >= 2
            else { return false }
            let function = globals[Int(procedure.pointee.slot)]
            guard function.isFunction, function.function.pointee.form == .builtin,
                [.contains, .substringBefore, .substringAfter].contains(function.function.pointee.builtin)
            else { return false }
            return all((0..<node.pointee.list.count).map { node.pointee.list[$0] })
        default: return false
        }
    }
}
