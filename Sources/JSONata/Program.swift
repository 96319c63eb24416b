import Synchronization

/// A compiled expression: nodes in an arena that live as long as this object and never change.
final class Program: @unchecked Sendable {  // Proof: after the initialiser only what is locked is written.
    let arena: Arena
    let root: NodePointer
    /// Names that no scope binds, in slot order.
    let globals: NameList
    /// What the globals are when the caller binds nothing: functions of the library, or unset.
    let defaults: UnsafeMutablePointer<Value>
    /// The variables of the outermost scope.
    let scope: ScopePointer
    /// The fields of the input that are read; nil for all of it.
    let reads: ReadFieldPointer?
    /// The names of fields that occur, each once.
    let names: ObjectPointer
    /// The source as it was given.
    let source: UnsafeBufferPointer<UInt8>
    private let judgesNames: Bool
    /// What is remembered for the next session; nil while a session has it.
    private let memory = Mutex<SessionMemory?>(nil)

    /// Compiles bytes that are UTF-8; lone surrogates in the same manner are allowed.
    ///
    /// - Parameters:
    ///   - bytes: the source.
    ///   - limits: how large it may be.
    ///   - frame: for `$eval`, the frame it is called in.
    ///   - known: for `$eval`, the globals of the program around it.
    /// - Throws: `S...` codes, `U2003`, `U2004` and `U2009`.
    init(
        compiling bytes: UnsafeBufferPointer<UInt8>,
        limits: SourceLimits,
        frame: FramePointer? = nil,
        known: NameList = NameList()
    ) throws(JSONataError) {
        let arena = Arena(firstChunk: max(4096, bytes.count * 24))
        do throws(JSONataError) {
            guard bytes.count <= limits.bytesMax else { throw JSONataError(code: .u2003) }
            let copy = arena.string(copying: bytes)
            guard WTF8.repaired(copy, arena).isIdentical(to: copy) else { throw JSONataError(code: .u2009) }
            let source = copy.bytes
            let scope = arena.allocate(Scope.self, count: 1)
            scope.initialize(to: Scope(parent: nil))
            var parser = Parser(source, arena: arena, scope: scope, limits: limits)
            let tree: NodePointer
            do throws(Fault) { tree = try parser.parse() } catch {
                throw JSONataError(error, parser.failure, source: source)
            }
            var shaper = TreeShaper(arena: arena)
            let shaped: NodePointer
            do throws(Fault) { shaped = try shaper.shape(root: tree) } catch {
                throw JSONataError(error, shaper.failure, source: source)
            }
            var resolver = ScopeResolver(arena: arena, root: scope, frame: frame, known: known)
            resolver.resolve(shaped)
            let names = resolver.globals
            let defaults = arena.allocate(Value.self, count: names.count)
            for index in 0..<names.count {
                let function = BuiltinTable.shared.function(named: names[index])
                defaults[index] = function.isFunction ? function : .unset
            }
            self.root = shaped
            self.globals = names
            let called = Set((0..<names.count).map { names[$0].text })
            judgesNames = called.contains("sift") && !called.contains("eval")
            self.defaults = defaults
            self.scope = scope
            self.names = resolver.names
            reads = frame == nil ? ReadAnalysis.fields(readBy: shaped, scope: scope, globals: names, in: arena) : nil
            self.source = source
            self.arena = arena
        } catch {
            arena.destroy()
            throw error
        }
    }

    deinit { arena.destroy() }

    /// What is remembered, for one session.
    func takeMemory() -> SessionMemory {
        memory.withLock { $0.take() } ?? SessionMemory(nameCount: names.count, judgesNames: judgesNames)
    }

    /// Keeps for the next session what one has remembered.
    func keep(_ remembered: SessionMemory) {
        guard remembered.isWorthKeeping else { return }
        memory.withLock { kept in
            if kept == nil { kept = remembered }
        }
    }

    /// Places of members for an evaluation that remembers nothing.
    func newMemberPlaces(in arena: Arena) -> UnsafeMutablePointer<Int32> {
        let places = arena.allocate(Int32.self, count: names.count)
        places.initialize(repeating: 0, count: names.count)
        return places
    }
}

extension JSONataError {
    /// The failure for a person, from the details its thrower kept.
    init(_ fault: Fault, _ details: FaultDetails, source: UnsafeBufferPointer<UInt8>) {
        let position: Int?
        if details.position < 0 {
            position = nil
        } else {
            let end = Swift.min(details.position, source.count)
            position = source.baseAddress.map { Value(string: $0, count: end).utf16Count } ?? 0
        }
        var token: String?
        if !details.token.isUndefined { token = JSONataError.shown(details.token, quoted: false) }
        var message = ""
        var rest = Substring(fault.code.template)
        while let open = rest.firstIndex(of: "{") {
            message += rest[..<open]
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: "}") else { break }
            switch rest[..<close] {
            case "token": message += token ?? ""
            case "value": message += JSONataError.shown(details.value, quoted: false)
            case "second": message += JSONataError.shown(details.second, quoted: false)
            default: message += "\(details.index)"
            }
            rest = rest[rest.index(after: close)...]
        }
        message += rest
        self.init(code: fault.code.text, position: position, token: token, message: message)
    }

    init(code: FaultCode) {
        self.init(code: code.text, message: code.template)
    }

    /// A value in a message: cut when it is long.
    private static func shown(_ value: Value, quoted: Bool) -> String {
        switch value.kind {
        case .string:
            let text = value.text
            return text.count > 200 ? text.prefix(200) + "..." : text
        case .number: return NumberText.text(value.number)
        case .bool: return value.bool ? "true" : "false"
        case .null: return "null"
        case .array: return "an array"
        case .object: return "an object"
        case .function: return "a function"
        default: return ""
        }
    }
}
