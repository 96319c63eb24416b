import JSONValue

/// Text with `{{placeholders}}`, such as `https://{{subdomain}}.example.com` or `{{page.size|int}}`.
///
/// A placeholder is a dotted path into the scope; a path that does not start with a name of the scope is looked up in
/// `context`, the account's variables. `?` after the path makes it optional. A cast (`int`, `number`, `bool`, `json`)
/// gives a value that is not text, when the placeholder is the whole template.
package struct Template: Sendable, Hashable {
    /// What becomes of a value that is put into text.
    package enum Encoding: Sendable {
        /// As it is.
        case none
        /// As one segment of a path (RFC 3986 section 3.3).
        case pathSegment
    }

    enum Cast: String, Sendable, CaseIterable {
        case string, int, number, bool, json
    }

    struct Placeholder: Sendable, Hashable {
        let path: [String]
        let isOptional: Bool
        let cast: Cast
    }

    enum Part: Sendable, Hashable {
        case text(String)
        case placeholder(Placeholder)
    }

    let parts: [Part]
    /// The template as written.
    package let source: String

    /// The paths of the placeholders.
    var placeholders: [[String]] {
        parts.compactMap { part in if case .placeholder(let placeholder) = part { placeholder.path } else { nil } }
    }

    /// Whether `text` holds a placeholder.
    static func isTemplate(_ text: String) -> Bool {
        Bytes.range(of: "{{", in: text, from: text.utf8.startIndex) != nil
    }

    init(_ source: String, at pointer: String) throws(ConnectorConfigError) {
        var parts: [Part] = []
        var position = source.utf8.startIndex
        while let open = Bytes.range(of: "{{", in: source, from: position) {
            guard let close = Bytes.range(of: "}}", in: source, from: open.upperBound) else {
                throw ConnectorConfigError("'{{' is not closed by '}}'", at: pointer)
            }
            if position < open.lowerBound { parts.append(.text(String(source[position..<open.lowerBound]))) }
            let inside = String(source[open.upperBound..<close.lowerBound])
            parts.append(.placeholder(try Self.placeholder(inside, at: pointer)))
            position = close.upperBound
        }
        if position < source.utf8.endIndex { parts.append(.text(String(source[position...]))) }
        self.parts = parts
        self.source = source
    }

    /// The value of a template: of any kind when it is one placeholder, else text.
    func value(in scope: ExpressionScope) throws(ExpressionError) -> JSONValue? {
        guard parts.count == 1, case .placeholder(let placeholder) = parts[0] else {
            return try text(in: scope, encoding: .none).map(JSONValue.string)
        }
        guard let value = scope.value(at: placeholder.path), !value.isNull else {
            if placeholder.isOptional { return nil }
            throw missing(placeholder)
        }
        return try cast(value, placeholder)
    }

    /// The text of a template.
    ///
    /// - Returns: nil when an optional placeholder has no value.
    /// - Throws: `ExpressionError` when a required one has none.
    package func text(in scope: ExpressionScope, encoding: Encoding) throws(ExpressionError) -> String? {
        var text = ""
        // Room for most texts, which then do not move while they grow.
        text.reserveCapacity(source.utf8.count + 16)
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .placeholder(let placeholder):
                guard let value = scope.value(at: placeholder.path), !value.isNull else {
                    if placeholder.isOptional { return nil }
                    throw missing(placeholder)
                }
                guard let plain = value.plainText else {
                    throw ExpressionError(
                        code: "not_text",
                        message: "'{{\(placeholder.path.joined(separator: "."))}}' is an object or array, not text"
                    )
                }
                text += encoding == .pathSegment ? try PathSegment.encoded(plain) : plain
            }
        }
        return text
    }

    private func cast(_ value: JSONValue, _ placeholder: Placeholder) throws(ExpressionError) -> JSONValue {
        switch placeholder.cast {
        case .string: return value.plainText.map(JSONValue.string) ?? value
        case .json: return value
        case .int, .number:
            if case .number = value { return value }
            if let text = value.string, Bytes.isNumber(text, wholeOnly: placeholder.cast == .int) {
                return .number(JSONNumber(uncheckedText: text))
            }
        case .bool:
            if case .bool = value { return value }
            if let text = value.string, text == "true" || text == "false" { return .bool(text == "true") }
        }
        throw ExpressionError(
            code: "bad_cast",
            message: "'{{\(placeholder.path.joined(separator: "."))}}' is not \(placeholder.cast.rawValue)"
        )
    }

    private func missing(_ placeholder: Placeholder) -> ExpressionError {
        ExpressionError(
            code: "no_value",
            message: "'{{\(placeholder.path.joined(separator: "."))}}' has no value"
        )
    }

    private static func placeholder(_ text: String, at pointer: String) throws(ConnectorConfigError) -> Placeholder {
        var halves = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0.filter { $0 != " " })
        }
        var cast = Cast.string
        if halves.count == 2 {
            guard let known = Cast(rawValue: halves[1]) else {
                let names = Cast.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConnectorConfigError("'\(halves[1])' is not a cast; the casts are \(names)", at: pointer)
            }
            cast = known
        }
        let isOptional = halves[0].hasSuffix("?")
        if isOptional { halves[0].removeLast() }
        let path = halves[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw ConnectorConfigError("'{{\(text)}}' is not a dotted path", at: pointer)
        }
        return Placeholder(path: path, isOptional: isOptional, cast: cast)
    }
}
