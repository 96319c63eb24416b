package import JSONValue

/// Expressions that are laid over one another, weakest first: each one's object is merged deeply over the result of those
/// before it.
///
/// Their input is an object of named parts: `response`, one record of a document, and what is given beside it.
package final class JSONataStack: Sendable {
    /// The parts of the input beside the record.
    package enum Part: String, Sendable, CaseIterable {
        case context, page, request, steps
    }

    let expressions: [JSONataExpression]
    let form: JSONataForm?
    /// How results are written without being made, where there is one expression that allows it.
    let plan: WritingPlan?
    private let parts: Set<Part>

    /// Stacks expressions.
    ///
    /// `form`: what their results are written in.
    package init(_ expressions: [JSONataExpression], form: JSONataForm? = nil) {
        self.expressions = expressions
        self.form = form
        plan = expressions.count == 1 ? form.flatMap { WritingPlan(expressions[0].program, $0) } : nil
        parts = Set(Part.allCases.filter { Self.mention($0.rawValue, in: expressions) })
    }

    /// Whether an expression may read a part of the input.
    package func reads(_ part: Part) -> Bool { parts.contains(part) }

    private static func mention(_ name: String, in expressions: [JSONataExpression]) -> Bool {
        let name = Array(name.utf8)
        return expressions.contains { expression in
            guard let reads = expression.program.reads else { return true }
            return name.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return true }
                return reads.field(Value(string: start, count: bytes.count).keyed) != nil
            }
        }
    }

    /// Evaluates over records of one document, which stays parsed and is not copied.
    ///
    /// - Parameters:
    ///   - document: holds the records.
    ///   - inputs: further parts of the input by name, only those that are read; the document itself is `page`, when an
    ///     expression reads that and it is not given.
    ///   - host: what functions may use from outside.
    ///   - body: gets a session that it does not keep.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    package func withSession<Result>(
        over document: JSONDocument,
        inputs: [(name: String, value: JSONValue)],
        host: JSONataHost = .plain,
        _ body: (JSONataSession) throws -> Result
    ) throws -> Result {
        try document.withContents { (tape, source) throws(any Error) -> Result in
            let session = JSONataSession(self, document, tape, source, inputs, host)
            defer { session.end() }
            return try body(session)
        }
    }
}

/// Why one expression of a stack failed.
package struct JSONataStackError: Error, Sendable {
    /// Which expression, from the weakest.
    package let index: Int
    /// Why.
    package let error: JSONataError
}

/// What became of a record that was to be written.
package enum JSONataWritten: Sendable {
    /// It stands in the output.
    case record
    /// The stack gives nothing, or no object.
    case noObject
    /// It has no `id`.
    case withoutID
    /// It is too large or nests too deep.
    case tooLarge
}

/// What was found out about a name.
private enum NameVerdict: UInt8, BitwiseCopyable {
    case unknown, yes, no
}

/// Evaluates a stack over one record after the other, in memory that is used again.
package struct JSONataSession {
    private let programs: [(program: Program, memory: SessionMemory, state: UnsafeMutablePointer<EvaluationState>)]
    private let reader: TapeReader
    /// What is known of names as custom fields, by their numbers.
    private let customNames: UnsafeMutablePointer<NameVerdict>
    /// What lives as long as the session.
    private let arena: Arena
    private let shared: [(key: Value, value: Value)]
    private let response: Value
    private let plan: WritingPlan?
    /// Writes results; nil without a form.
    private let writer: FormWriter?

    init(
        _ stack: JSONataStack,
        _ document: JSONDocument,
        _ tape: UnsafeBufferPointer<JSONTapeNode>,
        _ source: UnsafeBufferPointer<UInt8>,
        _ inputs: [(name: String, value: JSONValue)],
        _ host: JSONataHost
    ) {
        let arena = Arena(firstChunk: MemoryChunks.smallestKept)
        let records = Arena(firstChunk: MemoryChunks.smallestKept)
        let nameCount = document.nameCount
        customNames = arena.allocate(NameVerdict.self, count: nameCount)
        customNames.initialize(repeating: .unknown, count: nameCount)
        self.arena = arena
        let limits = JSONataLimits.mapping
        programs = stack.expressions.map { expression in
            let memory = expression.program.takeMemory()
            let state = EvaluationState.make(expression.program, limits, host, records, globalsIn: arena, memory)
            return (expression.program, memory, state)
        }
        // What a name leads to in the fields of one program means nothing to others.
        let memory = programs.count == 1 ? programs[0].memory : nil
        let orders = document.knownNames.flatMap { $0.count == nameCount ? $0 : nil }
        let known = orders.flatMap { memory?.names(in: $0) }
        reader = TapeReader(
            tape: tape,
            source: source,
            arena: records,
            table: known ?? TapeReader.nameTable(nameCount, in: arena),
            known: stack.expressions.first?.program.names
        )
        var shared: [(key: Value, value: Value)] = []
        for input in inputs {
            shared.append((arena.string(input.name).keyed, ValueConversion.value(input.value, arena)))
        }
        if stack.reads(.page), !inputs.contains(where: { $0.name == "page" }) {
            let names = TapeReader.nameTable(nameCount, in: arena)
            let whole = TapeReader(tape: tape, source: source, arena: arena, table: names).value(0)
            shared.append((arena.string("page").keyed, whole))
        }
        self.shared = shared
        response = arena.string("response").keyed
        plan = stack.plan
        writer = stack.form.map { form in
            let path = arena.allocate(Value.self, count: form.table.depth + 1)
            return FormWriter(form.table, source.baseAddress, path: path)
        }
    }

    func end() {
        for (program, memory, state) in programs {
            program.keep(memory)
            state.discard()
        }
        reader.arena.destroy()
        arena.destroy()
    }

    /// What the stack gives for the record at an entry of the document; nil when no expression gives a value.
    ///
    /// The result is good until the next record is evaluated.
    ///
    /// - Throws: which expression failed, and why.
    package func result(forRecordAt entry: Int) throws(JSONataStackError) -> JSONataView? {
        reader.arena.reset()
        var result: Value?
        for index in programs.indices {
            let (program, _, state) = programs[index]
            state.restart(program)
            let value: Value
            do throws(JSONataError) {
                value = try Evaluator(state: state).run(program, input(program, entry))
            } catch {
                throw JSONataStackError(index: index, error: error)
            }
            if value.isUndefined || value.isFunction { continue }
            result = result.map { overlaid($0, by: value) } ?? value
        }
        return result.map { JSONataView($0, reader.source.baseAddress) }
    }

    /// Writes what the stack gives for the record at an entry of the document in the stack's form.
    ///
    /// - Parameters:
    ///   - entry: the record.
    ///   - output: where it goes; what is not a whole record is taken back.
    ///   - owner: brings what does not fit into the form.
    /// - Returns: what became of it.
    /// - Throws: which expression failed, and why.
    package func write(
        recordAt entry: Int,
        to output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) throws(JSONataStackError) -> JSONataWritten {
        guard let plan, let writer, let (program, _, state) = programs.first else {
            return try result(forRecordAt: entry).map { write($0, to: &output, &owner) } ?? .noObject
        }
        reader.arena.reset()
        state.restart(program)
        let start = output.count
        var written = JSONataWritten.record
        do throws(JSONataError) {
            let evaluator = Evaluator(state: state)
            let input = input(program, entry)
            switch try evaluator.write(program, plan, input, writer, &output, &owner) {
            case .value: break
            case .nothing: written = .noObject
            case .tooLarge: written = .tooLarge
            case .withoutID: written = .withoutID
            }
        } catch {
            output.truncate(to: start)
            throw JSONataStackError(index: 0, error: error)
        }
        if written != .record { output.truncate(to: start) }
        return written
    }

    /// Writes a value in the stack's form.
    ///
    /// - Parameters:
    ///   - record: a value of this session.
    ///   - needsID: whether an object without an `id` is refused.
    ///   - output: where it goes; what is not a whole record is taken back.
    ///   - owner: brings what does not fit into the form.
    /// - Returns: what became of it.
    package func write(
        _ record: JSONataView,
        needsID: Bool = true,
        to output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) -> JSONataWritten {
        guard let writer, record.value.isObject else { return .noObject }
        guard !needsID || writer.hasID(record.value.object) else { return .withoutID }
        let start = output.count
        if writer.write(record.value, 0, depth: 0, &output, &owner) { return .record }
        output.truncate(to: start)
        return .tooLarge
    }

    /// The record at an entry of the document as it is.
    ///
    /// The result is good until the next record is looked at or evaluated.
    package func record(at entry: Int) -> JSONataView {
        reader.arena.reset()
        return JSONataView(reader.value(entry), reader.source.baseAddress)
    }

    /// The object that an expression sees.
    private func input(_ program: Program, _ entry: Int) -> Value {
        let object = reader.arena.object(capacity: shared.count + 1)
        let fields = program.reads
        let wanted = fields.flatMap { $0.field(response) }
        if fields == nil {
            reader.arena.append(reader.value(entry), for: response, to: object)
        } else if let wanted {
            reader.arena.append(reader.value(entry, wanted), for: response, to: object)
        }
        for part in shared where fields.map({ $0.field(part.key) != nil }) ?? true {
            reader.arena.append(part.value, for: part.key, to: object)
        }
        return Value(object)
    }

    /// `base` with `overlay` laid over it: objects merge member by member, anything else replaces.
    private func overlaid(_ base: Value, by overlay: Value) -> Value {
        guard base.isObject, overlay.isObject else { return overlay }
        let merged = copy(base.object, extra: overlay.object.count)
        for index in 0..<overlay.object.count {
            let entry = overlay.object[entry: index]
            if entry.value.isFunction { continue }
            let below = merged.value(for: entry.key)
            let value = below.isUndefined ? entry.value : overlaid(below, by: entry.value)
            reader.arena.set(value, for: entry.key, in: merged)
        }
        return Value(merged)
    }

    private func copy(_ object: ObjectPointer, extra: Int) -> ObjectPointer {
        let copy = reader.arena.object(capacity: object.count + extra)
        for index in 0..<object.count {
            let entry = object[entry: index]
            reader.arena.append(entry.value, for: entry.key, to: copy)
        }
        return copy
    }

    /// Lays members of a native object under one member of a result: what the result has there already wins.
    ///
    /// - Parameters:
    ///   - entry: the native object.
    ///   - name: the member of the result.
    ///   - result: an object given by `result(forRecordAt:)`.
    ///   - isWanted: whether a native member counts; asked once per name.
    /// - Returns: the result with the members.
    package func adding(
        membersAt entry: Int,
        under name: String,
        to result: JSONataView,
        where isWanted: (String) -> Bool
    ) -> JSONataView {
        guard result.value.isObject, reader.tape[entry].kind == .object else { return result }
        let node = reader.tape[entry]
        let members = reader.arena.object(capacity: 8)
        var key = entry + 1
        while key < Int(node.extra) {
            let name = reader.name(reader.tape[key]).key
            let number = reader.tape[key].nameNumber
            var verdict = customNames[number]
            if verdict == .unknown || number == 0 {
                verdict = isWanted(name.text) ? .yes : .no
                customNames[number] = verdict
            }
            if verdict == .yes { reader.arena.append(reader.value(key + 1), for: name, to: members) }
            key = reader.tape[key + 1].next(key + 1)
        }
        let target = copy(result.value.object, extra: 1)
        let under = reader.arena.string(name).keyed
        let own = target.value(for: under)
        let value = own.isUndefined || own.kind == .null ? Value(members) : overlaid(Value(members), by: own)
        reader.arena.set(value, for: under, in: target)
        return JSONataView(Value(target), reader.source.baseAddress)
    }
}
