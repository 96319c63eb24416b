package import JSONValue

/// A JSON Schema (2020-12) of the part that this project's own schemas use.
///
/// A schema with any other keyword is refused when it is read, so that nothing is believed to be checked that is not.
package struct JSONSchema: Sendable {
    /// The schema documents by their file names relative to the models' folder, to follow `$ref`.
    private let documents: SchemaDocuments
    /// The document this schema is in.
    let name: String
    let root: JSONValue

    private static let checked: Set<String> = [
        "$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "propertyNames", "items",
        "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties",
        "maxProperties", "oneOf", "anyOf", "allOf", "not", "patternProperties",
    ]
    private static let notes: Set<String> = [
        "$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "readOnly", "writeOnly",
        "deprecated",
    ]

    /// Reads a schema.
    ///
    /// - Parameters:
    ///   - name: the document's name among `documents`, such as `crm/contacts.schema.json`.
    ///   - documents: all documents that a `$ref` may point to.
    /// - Throws: `SchemaError` for unknown keywords and references to nowhere.
    package init(named name: String, in documents: [String: JSONValue]) throws(SchemaError) {
        try self.init(named: name, in: SchemaDocuments(Set(documents.keys)) { documents[$0] ?? .null })
    }

    /// Reads a schema among documents that are read when a reference leads to them.
    init(named name: String, in documents: SchemaDocuments) throws(SchemaError) {
        guard let root = try documents.document(name) else {
            throw SchemaError(message: "there is no schema '\(name)'")
        }
        self.name = name
        self.documents = documents
        self.root = root
        do throws(Misfit) { try check(root, in: name) } catch {
            throw SchemaError(message: "\(name)#\(error.pointer): \(error.complaint)")
        }
    }

    /// What is wrong with a value, in the order of its parts; empty when it is valid.
    package func failures(of value: JSONValue) -> [SchemaFailure] {
        var failures: [SchemaFailure] = []
        validate(value, root, in: name, at: "", depth: 0, &failures)
        return failures
    }

    /// The schema of a reference, with the document it is in.
    package func resolve(_ reference: String, from document: String) -> (schema: JSONValue, document: String)? {
        let mark = reference.utf8.firstIndex(of: UInt8(ascii: "#")) ?? reference.utf8.endIndex
        let file = reference[..<mark]
        let target = file.isEmpty ? document : Self.path(file, relativeTo: document)
        guard var schema = try? documents.document(target) else { return nil }
        for token in reference.utf8[mark...].dropFirst().split(separator: UInt8(ascii: "/")) {
            guard let next = schema[String(Substring(token))] else { return nil }
            schema = next
        }
        return (schema, target)
    }

    // MARK: Reading

    /// What is not as it has to be in a schema, and where; the place is put together on the way out.
    private struct Misfit: Error {
        var pointer = ""
        let complaint: String

        /// The same, seen from a part further out.
        func below(_ part: String) -> Misfit { Misfit(pointer: "/\(part)\(pointer)", complaint: complaint) }
    }

    private func check(_ schema: JSONValue, in document: String) throws(Misfit) {
        guard case .object(let members) = schema else {
            if case .bool = schema { return }
            throw Misfit(complaint: "a schema is an object or a boolean")
        }
        for member in members {
            do throws(Misfit) { try check(member, in: document) } catch { throw error.below(member.key) }
        }
    }

    private func check(_ member: JSONObject.Member, in document: String) throws(Misfit) {
        guard Self.checked.contains(member.key) || Self.notes.contains(member.key) || member.key.hasPrefix("x-") else {
            throw Misfit(complaint: "the keyword is not supported")
        }
        switch member.key {
        case "$ref":
            guard let reference = member.value.string, resolve(reference, from: document) != nil else {
                throw Misfit(complaint: "the reference leads nowhere")
            }
        case "properties", "$defs", "patternProperties":
            for inner in member.value.object ?? JSONObject() {
                do throws(Misfit) { try check(inner.value, in: document) } catch { throw error.below(inner.key) }
            }
        case "items", "additionalProperties", "propertyNames", "not":
            try check(member.value, in: document)
        case "oneOf", "anyOf", "allOf":
            for (index, inner) in (member.value.array ?? []).enumerated() {
                do throws(Misfit) { try check(inner, in: document) } catch { throw error.below(String(index)) }
            }
        default: break
        }
    }

    private static func path(_ reference: Substring, relativeTo document: String) -> String {
        func folder(_ path: Substring) -> Substring {
            path[..<(path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
        }
        var path = folder(document[...])
        for part in reference.utf8.split(separator: UInt8(ascii: "/")) {
            switch Substring(part) {
            case "..": path = folder(path)
            case ".": continue
            case let name: path = path.isEmpty ? name : "\(path)/\(name)"
            }
        }
        return String(path)
    }

    // MARK: Validating

    private func validate(
        _ value: JSONValue,
        _ schema: JSONValue,
        in document: String,
        at pointer: String,
        depth: Int,
        _ failures: inout [SchemaFailure]
    ) {
        guard case .object(let members) = schema else {
            if schema == .bool(false) { failures.append(SchemaFailure(pointer, "false", "nothing is allowed here")) }
            return
        }
        guard depth < 64 else {
            failures.append(SchemaFailure(pointer, "depth", "the value is nested too deeply"))
            return
        }
        for member in members {
            switch member.key {
            case "$ref":
                guard let target = resolve(member.value.string ?? "", from: document) else { continue }
                validate(value, target.schema, in: target.document, at: pointer, depth: depth + 1, &failures)
            case "properties", "additionalProperties", "patternProperties", "required", "propertyNames",
                "minProperties", "maxProperties":
                guard case .object(let object) = value else { continue }
                validate(object, member, of: members, in: document, at: pointer, depth: depth, &failures)
            case "items":
                guard case .array(let array) = value else { continue }
                for (index, element) in array.enumerated() {
                    validate(
                        element,
                        member.value,
                        in: document,
                        at: "\(pointer)/\(index)",
                        depth: depth + 1,
                        &failures
                    )
                }
            case "oneOf", "anyOf", "allOf", "not":
                validateChoice(value, member, in: document, at: pointer, depth: depth, &failures)
            default:
                if let message = SchemaKeyword.complaint(member.key, member.value, about: value) {
                    failures.append(SchemaFailure(pointer, member.key, message))
                }
            }
        }
    }

    private func validate(
        _ object: JSONObject,
        _ keyword: JSONObject.Member,
        of schema: JSONObject,
        in document: String,
        at pointer: String,
        depth: Int,
        _ failures: inout [SchemaFailure]
    ) {
        func inner(_ member: JSONObject.Member, _ schema: JSONValue) {
            let place = "\(pointer)/\(SchemaKeyword.escaped(member.key))"
            validate(member.value, schema, in: document, at: place, depth: depth + 1, &failures)
        }
        switch keyword.key {
        case "properties":
            for member in object {
                if let schema = keyword.value[member.key] { inner(member, schema) }
            }
        case "patternProperties":
            for member in object {
                for pattern in keyword.value.object ?? JSONObject()
                where SchemaKeyword.matches(member.key, pattern.key) {
                    inner(member, pattern.value)
                }
            }
        case "additionalProperties":
            let patterns = schema["patternProperties"]?.object?.keys ?? []
            for member in object where schema["properties"]?[member.key] == nil {
                if patterns.contains(where: { SchemaKeyword.matches(member.key, $0) }) { continue }
                if keyword.value == .bool(false) {
                    failures.append(
                        SchemaFailure(
                            "\(pointer)/\(SchemaKeyword.escaped(member.key))",
                            "additionalProperties",
                            "unknown key"
                                + SpellingSuggestion.hint(
                                    for: member.key,
                                    among: schema["properties"]?.object?.keys ?? []
                                )
                        )
                    )
                } else {
                    inner(member, keyword.value)
                }
            }
        case "propertyNames":
            for member in object {
                validate(.string(member.key), keyword.value, in: document, at: pointer, depth: depth + 1, &failures)
            }
        case "required":
            for name in (keyword.value.array ?? []).compactMap(\.string) where object[name] == nil {
                failures.append(SchemaFailure(pointer, "required", "'\(name)' is missing", missing: name))
            }
        case "minProperties":
            if object.count < keyword.value.int ?? 0 {
                failures.append(SchemaFailure(pointer, keyword.key, "expected more members"))
            }
        default:
            if object.count > keyword.value.int ?? Int.max {
                failures.append(SchemaFailure(pointer, keyword.key, "expected fewer members"))
            }
        }
    }

    private func validateChoice(
        _ value: JSONValue,
        _ keyword: JSONObject.Member,
        in document: String,
        at pointer: String,
        depth: Int,
        _ failures: inout [SchemaFailure]
    ) {
        var results: [[SchemaFailure]] = []
        for schema in keyword.key == "not" ? [keyword.value] : keyword.value.array ?? [] {
            var inner: [SchemaFailure] = []
            validate(value, schema, in: document, at: pointer, depth: depth + 1, &inner)
            results.append(inner)
        }
        let valid = results.count { $0.isEmpty }
        switch keyword.key {
        case "allOf": failures += results.joined()
        case "not":
            if valid > 0 { failures.append(SchemaFailure(pointer, "not", "the value has a form that is not allowed")) }
        case "anyOf" where valid == 0, "oneOf" where valid == 0:
            // The alternative that went furthest is the one that was meant.
            let nearest = results.min { ($0.count, -$0[0].pointer.count) < ($1.count, -$1[0].pointer.count) } ?? []
            failures += nearest.isEmpty ? [SchemaFailure(pointer, keyword.key, "no alternative fits")] : nearest
        case "oneOf" where valid > 1:
            failures.append(SchemaFailure(pointer, "oneOf", "\(valid) alternatives fit, expected one"))
        default: break
        }
    }
}

/// A schema that cannot be used.
package struct SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and where.
    package let message: String

    package var description: String { message }
}

/// One thing that is wrong with a value.
package struct SchemaFailure: Sendable, Equatable, CustomStringConvertible {
    /// RFC 6901 pointer into the value.
    package let pointer: String
    /// The keyword that is not met.
    package let keyword: String
    /// What is wrong; lower case, without the value.
    package let message: String
    /// The member that is missing at `pointer`, where that is what is wrong.
    package let missing: String?

    init(_ pointer: String, _ keyword: String, _ message: String, missing: String? = nil) {
        self.pointer = pointer
        self.keyword = keyword
        self.message = message
        self.missing = missing
    }

    package var description: String { "\(pointer.isEmpty ? "the value" : pointer): \(message)" }
}
