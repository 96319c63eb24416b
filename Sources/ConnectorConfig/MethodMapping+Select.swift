import JSONValue

extension MethodMapping {
    /// The native fields to ask for when a caller wants some of the unified ones only.
    ///
    /// - Parameter wants: whether a unified field is wanted; nil for all.
    /// - Returns: all of ``select`` when it cannot be told what a field needs.
    package func select(for wants: ((String) -> Bool)?) -> [String] {
        guard let wants, !select.isEmpty, let members = fieldSources else { return select }
        let words = SourceWords(members.filter { $0.name == "id" || wants($0.name) }.map(\.source))
        let needed = select.filter { words.contains($0) }
        return needed.isEmpty ? select : needed
    }

    /// Whether the mapping of records speaks of a unified field, so that one may have it.
    package func mayGive(_ field: String) -> Bool {
        fieldMappings.contains { $0.stages.contains { Self.mayGive(field, $0.expression) } }
    }

    private static func mayGive(_ field: String, _ expression: Expression) -> Bool {
        switch expression {
        case .object(let members): members.contains { $0.name == field }
        case .literal(let value): value[field] != nil
        case .jsonata(let compiled):
            ObjectMembers(compiled.source).members.map { members in members.contains { $0.name == field } }
                ?? SourceWords([compiled.source]).contains(field)
        case .template, .array: false
        }
    }

    /// Unified fields with the sources that give them, from all levels; nil when a source is of another form.
    private var fieldSources: [(name: String, source: String)]? {
        var all: [(name: String, source: String)] = []
        for source in responseMapping?.sources ?? [] {
            guard let members = ObjectMembers(source).members else { return nil }
            all += members
        }
        return all
    }
}
