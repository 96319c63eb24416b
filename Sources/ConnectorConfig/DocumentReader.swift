import JSONValue

/// A place in a connector document that knows its pointer, so that every complaint names it.
struct DocumentReader {
    let value: JSONValue
    let pointer: String
    let compiler: ExpressionCompiler

    /// The member `key`; nil when it is missing or null.
    func child(_ key: String) -> DocumentReader? {
        guard let member = value[key], !member.isNull else { return nil }
        return at(key, member)
    }

    /// The member `key`, which must be there.
    func required(_ key: String) throws(ConnectorConfigError) -> DocumentReader {
        guard let reader = child(key) else { throw error("'\(key)' is missing") }
        return reader
    }

    /// Refuses members that the format does not know, with the nearest known word.
    func allow(_ keys: [String]) throws(ConnectorConfigError) {
        guard case .object(let object) = value else { throw error("expected an object, found \(kind)") }
        for member in object where !keys.contains(member.key) && !member.key.hasPrefix("x-") {
            let hint = SpellingSuggestion.hint(for: member.key, among: keys)
            throw at(member.key, member.value).error("unknown key\(hint)")
        }
    }

    /// The members of an object in their order, without nulls.
    func members() throws(ConnectorConfigError) -> [(key: String, reader: DocumentReader)] {
        guard case .object(let object) = value else { throw error("expected an object, found \(kind)") }
        return object.filter { !$0.value.isNull }.map { ($0.key, at($0.key, $0.value)) }
    }

    /// The elements of an array; a single value counts as an array of one.
    func elements() -> [DocumentReader] {
        guard case .array(let array) = value else { return [self] }
        return array.enumerated().map { at(String($0.offset), $0.element) }
    }

    func string() throws(ConnectorConfigError) -> String {
        guard case .string(let text) = value else { throw error("expected a string, found \(kind)") }
        return text
    }

    func int(_ range: ClosedRange<Int> = 0...Int.max) throws(ConnectorConfigError) -> Int {
        guard let number = value.int else { throw error("expected a whole number, found \(kind)") }
        guard range.contains(number) else {
            throw error("expected \(range.lowerBound) to \(range.upperBound), found \(number)")
        }
        return number
    }

    func bool() throws(ConnectorConfigError) -> Bool {
        guard case .bool(let flag) = value else { throw error("expected true or false, found \(kind)") }
        return flag
    }

    /// One of the raw values of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) throws(ConnectorConfigError) -> Choice
    where Choice.RawValue == String {
        let text = try string()
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint = SpellingSuggestion.hint(for: text, among: names)
        throw error("'\(text)' is not one of \(names.joined(separator: ", "))\(hint)")
    }

    /// A version, which unquoted is a number in YAML.
    func version<Version: RawRepresentable & CaseIterable>(_: Version.Type) throws(ConnectorConfigError) -> Version
    where Version.RawValue == String {
        if let version = value.plainText.flatMap(Version.init) { return version }
        throw error("expected \(Version.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))")
    }

    /// A list of strings; one string counts as a list of one.
    func strings() throws(ConnectorConfigError) -> [String] {
        var texts: [String] = []
        for element in elements() { texts.append(try element.string()) }
        return texts
    }

    func expression() throws(ConnectorConfigError) -> Expression {
        try compiler.expression(value, at: pointer)
    }

    /// Named expressions in their order, such as the fields of a header map.
    func expressions() throws(ConnectorConfigError) -> [NamedExpression] {
        var named: [NamedExpression] = []
        for (key, reader) in try members() {
            named.append(NamedExpression(name: key, expression: try reader.expression()))
        }
        return named
    }

    func mapping() throws(ConnectorConfigError) -> MappingStack {
        try MappingStack(reading: self)
    }

    func error(_ message: String) -> ConnectorConfigError {
        ConnectorConfigError(message, at: pointer)
    }

    /// What kind of value this is, for complaints.
    var kind: String { value.kindName }

    private func at(_ token: String, _ value: JSONValue) -> DocumentReader {
        DocumentReader(value: value, pointer: pointer + "/" + PointerToken.escaped(token), compiler: compiler)
    }
}

/// The escaping of RFC 6901 section 3.
enum PointerToken {
    static func escaped(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
        var text = ""
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
