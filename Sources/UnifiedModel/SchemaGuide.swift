import JSONValue

/// What a schema says to people: why a value is refused, in terms of the words concerned, and a reference page.
package struct SchemaGuide: Sendable {
    private let schema: JSONSchema

    /// Takes a schema whose words have a `title`, a `description` and `examples`.
    package init(_ schema: JSONSchema) {
        self.schema = schema
    }

    /// A failure with what the word means that it concerns, an example, and the nearest word where one is unknown.
    ///
    /// - Parameter failure: what ``JSONSchema/failures(of:)`` gave.
    /// - Returns: one line that starts with the pointer.
    package func explanation(of failure: SchemaFailure) -> String {
        let tokens = failure.pointer.split(separator: "/").map(Self.unescaped)
        if failure.keyword == "additionalProperties", let word = tokens.last {
            let known = words(of: schemas(at: tokens.dropLast()))
            let hint = SpellingSuggestion.hint(for: word, among: known.map(\.name))
            let meant = known.first { hint.contains("'\($0.name)'") }
            let meaning = meant.flatMap { Self.meaning($0.schema) }.map { ": \($0)" } ?? ""
            return "\(failure)\(hint)\(meaning)"
        }
        guard let meaning = schemas(at: tokens[...]).lazy.compactMap(Self.meaning).first else { return "\(failure)" }
        return "\(failure) (\(meaning))"
    }

    /// The schema as a page of Markdown: one table of words for the document and for each named part of it.
    package func referencePage() -> String {
        var page = "# \(schema.root["title"]?.string ?? schema.name)\n\n\(Self.text(schema.root["description"]))\n"
        page += "\nGenerated from `openapi/\(schema.name)`; written anew with `UPDATE_GOLDENS=1 ops/test`.\n"
        page += table(of: schema.root)
        for part in schema.root["$defs"]?.object ?? JSONObject() {
            let title = part.value["title"]?.string ?? part.key
            page += "\n## \(title)\n\n<a id=\"\(part.key)\"></a>\(Self.text(part.value["description"]))\n"
            page += table(of: part.value)
        }
        return page
    }

    // MARK: Walking

    /// The schemas that a value at a place must meet, alternatives included.
    private func schemas(at tokens: ArraySlice<String>) -> [JSONValue] {
        var found = expanded(schema.root, depth: 0)
        for token in tokens {
            found = found.flatMap { parent -> [JSONValue] in
                if let property = parent["properties"]?[token] { return expanded(property, depth: 0) }
                var inner: [JSONValue] = []
                for pattern in parent["patternProperties"]?.object ?? JSONObject()
                where SchemaKeyword.matches(token, pattern.key) {
                    inner += expanded(pattern.value, depth: 0)
                }
                if inner.isEmpty, let other = parent["additionalProperties"], other.object != nil {
                    inner += expanded(other, depth: 0)
                }
                if Int(token) != nil, let items = parent["items"] { inner += expanded(items, depth: 0) }
                return inner
            }
        }
        return found
    }

    /// A schema with those that it refers to or offers as alternatives.
    private func expanded(_ value: JSONValue, depth: Int) -> [JSONValue] {
        guard depth < 8 else { return [] }
        var all = [value]
        if let reference = value["$ref"]?.string, let target = schema.resolve(reference, from: schema.name) {
            all += expanded(target.schema, depth: depth + 1)
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            for alternative in value[keyword]?.array ?? [] { all += expanded(alternative, depth: depth + 1) }
        }
        return all
    }

    private func words(of schemas: [JSONValue]) -> [(name: String, schema: JSONValue)] {
        schemas.flatMap { schema in
            (schema["properties"]?.object ?? JSONObject()).map { (name: $0.key, schema: $0.value) }
        }
    }

    // MARK: Writing

    private func table(of schema: JSONValue) -> String {
        let words = words(of: expandedHere(schema))
        guard !words.isEmpty else { return "" }
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        var rows = "\n| word | value | meaning | example |\n| --- | --- | --- | --- |\n"
        for word in words {
            let name = "`\(word.name)`" + (required.contains(word.name) ? " (required)" : "")
            let example = word.schema["examples"]?.array?.first.map { "`\($0.text())`" } ?? ""
            rows += "| \(name) | \(kind(of: word.schema)) | \(Self.text(word.schema["description"])) | \(example) |\n"
                .replacing("||", with: "&#124;&#124;")
        }
        return rows
    }

    /// A schema and its alternatives, without following references: those have tables of their own.
    private func expandedHere(_ value: JSONValue) -> [JSONValue] {
        [value] + ["anyOf", "oneOf", "allOf"].flatMap { value[$0]?.array ?? [] }
            + [value["additionalProperties"], value["items"]].compactMap(\.self).filter { $0["properties"] != nil }
    }

    private func kind(of schema: JSONValue) -> String {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.split(separator: "/").last ?? "")
            return "[\(name)](#\(name))"
        }
        if let values = schema["enum"]?.array {
            return values.map { "`\($0.string ?? $0.text())`" }.joined(separator: " ")
        }
        if let constant = schema["const"] { return "`\(constant.string ?? constant.text())`" }
        for keyword in ["anyOf", "oneOf"] {
            if let alternatives = schema[keyword]?.array {
                return alternatives.map(kind).joined(separator: " or ")
            }
        }
        let type = (schema["type"]?.array ?? [schema["type"]].compactMap(\.self)).compactMap(\.string)
            .joined(separator: " or ")
        if let items = schema["items"] { return "list of \(kind(of: items))" }
        if let members = schema["additionalProperties"], members.object != nil {
            return "object of \(kind(of: members))"
        }
        return type.isEmpty ? "any" : type
    }

    /// Description and example of a word, in one line; nil when it has no description.
    private static func meaning(_ schema: JSONValue) -> String? {
        guard let description = schema["description"]?.string else { return nil }
        let example = schema["examples"]?.array?.first.map { " Example: \($0.text())" } ?? ""
        return (schema["title"]?.string).map { "\($0): \(description)\(example)" } ?? description + example
    }

    private static func text(_ value: JSONValue?) -> String {
        (value?.string ?? "").replacing("|", with: "\\|").replacing("\n", with: " ")
    }

    private static func unescaped(_ token: Substring) -> String {
        String(token.replacing("~1", with: "/").replacing("~0", with: "~"))
    }
}
