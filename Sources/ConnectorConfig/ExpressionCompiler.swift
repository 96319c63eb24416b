package import JSONValue
import JSONata

/// Turns leaves of a document into expressions and compiles each JSONata source once.
///
/// Connectors name shared functions under `functions`; a source that mentions `$name` gets the function's definition in
/// front of it, so that one escaping rule serves every mapping of a connector.
package struct ExpressionCompiler: Sendable {
    /// Evaluates a compiled source.
    package typealias Evaluate = @Sendable (JSONValue) throws(SourceFault) -> JSONValue?
    /// Compiles a source; a caching one lets many accounts share the expressions they have in common.
    package typealias Compile = @Sendable (String) throws(SourceFault) -> Evaluate

    /// What a source is compiled to.
    package struct Source: Sendable {
        /// Evaluates with a tree as input.
        let evaluate: Evaluate
        /// The same as an expression of JSONata, when it is one.
        let expression: JSONataExpression?

        /// A source of JSONata.
        init(_ expression: JSONataExpression, evaluate: @escaping Evaluate) {
            self.expression = expression
            self.evaluate = evaluate
        }

        fileprivate init(evaluate: @escaping Evaluate) {
            self.evaluate = evaluate
            expression = nil
        }
    }
    /// Compiles a source of JSONata.
    package typealias CompileSource = @Sendable (String) throws(SourceFault) -> Source

    private let compile: CompileSource
    private(set) var functions: [(name: String, source: String)] = []
    /// Where documents that have parts in common share them.
    let parts: (any PartStore)?

    /// Makes a compiler.
    ///
    /// - Parameters:
    ///   - source: compiles a source; a caching one lets many accounts share expressions.
    ///   - parts: lets many accounts share what they have in common.
    package init(source: @escaping CompileSource = JSONataLanguage.source, parts: (any PartStore)? = nil) {
        compile = source
        self.parts = parts
    }

    /// Makes a compiler of another language, for tests.
    package init(compile: @escaping Compile) {
        self.compile = { (source: String) throws(SourceFault) in Source(evaluate: try compile(source)) }
        parts = nil
    }

    /// Adds the functions of a document, which later sources may call.
    mutating func define(_ reader: DocumentReader?) throws(ConnectorConfigError) {
        for (name, member) in try reader?.members() ?? [] {
            guard Self.isName(name) else {
                throw member.error("a function's name has letters, digits and underscores only")
            }
            let source = member.value["$jsonata"]?.string ?? member.value.string
            guard let source else { throw member.error("expected the source of a JSONata function") }
            functions.append((name, source))
            _ = try compiled(source, at: member.pointer)
        }
    }

    /// The expression that a value of the document stands for.
    func expression(_ value: JSONValue, at pointer: String) throws(ConnectorConfigError) -> Expression {
        switch value {
        case .null, .bool, .number: return .literal(value)
        case .string(let text):
            return Template.isTemplate(text) ? .template(try Template(text, at: pointer)) : .literal(value)
        case .array(let array):
            var elements: [Expression] = []
            for (index, element) in array.enumerated() {
                elements.append(try expression(element, at: "\(pointer)/\(index)"))
            }
            return elements.allSatisfy(\.isLiteral) ? .literal(value) : .array(elements)
        case .object(let object):
            if let source = object["$jsonata"] {
                guard case .string(let text) = source, object.count == 1 else {
                    throw ConnectorConfigError("'$jsonata' stands alone and holds the source as text", at: pointer)
                }
                return .jsonata(try compiled(text, at: pointer))
            }
            if let literal = object["$literal"], object.count == 1 { return .literal(literal) }
            var members: [NamedExpression] = []
            for member in object {
                let place = pointer + "/" + PointerToken.escaped(member.key)
                members.append(
                    NamedExpression(name: member.key, expression: try expression(member.value, at: place))
                )
            }
            return members.allSatisfy(\.expression.isLiteral) ? .literal(value) : .object(members)
        }
    }

    /// Compiles a JSONata source together with the functions it calls.
    func compiled(_ source: String, at pointer: String) throws(ConnectorConfigError) -> CompiledJSONata {
        let prelude = prelude(for: source)
        let preludeLength = prelude.isEmpty ? 0 : prelude.utf16.count + 1
        let whole = prelude.isEmpty ? source : "(\(prelude)\(source)\n)"
        do {
            return CompiledJSONata(
                source: source,
                pointer: pointer,
                compiled: try compile(whole),
                preludeLength: preludeLength
            )
        } catch {
            let offset = error.position.map { " at offset \(max(0, $0 - preludeLength))" } ?? ""
            throw ConnectorConfigError("\(error.message) (\(error.code)\(offset))", at: pointer)
        }
    }

    /// The definitions of the functions that `source` calls, and of those that they call, in the order written.
    private func prelude(for source: String) -> String {
        var wanted: Set<String> = []
        var open = [source]
        while let text = open.popLast() {
            for function in functions where !wanted.contains(function.name) && Self.mentions(function.name, in: text) {
                guard function.source != source else { continue }
                wanted.insert(function.name)
                open.append(function.source)
            }
        }
        return functions.filter { wanted.contains($0.name) }
            .map { "$\($0.name) := \($0.source);\n" }
            .joined()
    }

    private static func mentions(_ name: String, in source: String) -> Bool {
        let wanted = Array("$\(name)".utf8)
        let bytes = Array(source.utf8)
        guard bytes.count >= wanted.count else { return false }
        for start in 0...(bytes.count - wanted.count) where bytes[start] == UInt8(ascii: "$") {
            guard bytes[start..<(start + wanted.count)].elementsEqual(wanted) else { continue }
            let next = start + wanted.count
            if next == bytes.count || !isNameByte(bytes[next]) { return true }
        }
        return false
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension Expression {
    var isLiteral: Bool {
        if case .literal = self { return true }
        return false
    }
}
