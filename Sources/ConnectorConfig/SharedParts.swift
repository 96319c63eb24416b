import JSONValue

/// Keeps decoded parts of documents, so that configurations which differ in little have most in common.
package protocol PartStore: Sendable {
    /// The part under a name; nil when it is not there.
    func part(_ name: String) -> (any Sendable)?
    /// Keeps a part.
    func keep(_ part: any Sendable, under name: String)
}

extension ExpressionCompiler {
    /// The part of a document that `make` decodes: the same one for all documents that say the same there.
    func shared<Part: Sendable>(
        _ reader: DocumentReader,
        _ make: () throws(ConnectorConfigError) -> Part
    ) throws(ConnectorConfigError) -> Part {
        guard let parts else { return try make() }
        // What the functions are is part of what an expression means.
        let functions = functions.map { "\($0.name)=\($0.source)" }.joined(separator: "\u{1}")
        let name = "\(Part.self)\u{1}\(reader.pointer)\u{1}\(functions)\u{1}\(reader.value.text())"
        if let known = parts.part(name) as? Part { return known }
        let part = try make()
        parts.keep(part, under: name)
        return part
    }
}
