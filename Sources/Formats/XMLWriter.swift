package import JSONValue

/// Writes the JSON of `XMLForm` as XML 1.0: members become elements in their order, `@name` attributes, `#text` text,
/// arrays repeated elements, null an empty element.
package enum XMLWriter {
    /// The document of a root element.
    ///
    /// - Parameters:
    ///   - value: An object with one member, the root element.
    ///   - form: How JSON becomes elements; its limits on reading do not matter here.
    ///   - declaration: Whether `<?xml version="1.0" encoding="UTF-8"?>` comes first.
    /// - Returns: The document in UTF-8.
    /// - Throws: `FormatError` `inexpressible` for a name or character that XML does not allow.
    package static func bytes(
        of value: JSONValue,
        form: XMLForm = XMLForm(),
        declaration: Bool = true
    ) throws(FormatError) -> [UInt8] {
        guard let root = value.object, root.count == 1, !isArray(root[root.startIndex].value) else {
            throw FormatError(.inexpressible, "expected an object with one member, the root element")
        }
        var output = declaration ? Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8) : []
        try element(root[root.startIndex].key, root[root.startIndex].value, form, to: &output)
        return output
    }

    /// A text with `&`, `<`, `>` and quotes written as references, fit for an element or an attribute.
    ///
    /// - Parameter text: Any text.
    /// - Returns: The escaped text.
    /// - Throws: `FormatError` `inexpressible` for a character that XML does not allow.
    package static func escaped(_ text: String) throws(FormatError) -> String {
        var output: [UInt8] = []
        try escape(text, inAttribute: true, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func element(
        _ name: String,
        _ value: JSONValue,
        _ form: XMLForm,
        to output: inout [UInt8]
    ) throws(FormatError) {
        switch value {
        case .array(let elements):
            for item in elements {
                guard !isArray(item) else {
                    throw FormatError(.inexpressible, "'\(name)': XML has no arrays inside arrays")
                }
                try element(name, item, form, to: &output)
            }
        case .object(let object):
            try start(name, to: &output)
            var isEmpty = true
            for member in object {
                guard member.key.utf8.starts(with: form.attributePrefix.utf8) else {
                    isEmpty = isEmpty && isNothing(member.value)
                    continue
                }
                if member.value.isNull { continue }
                let attribute = String(
                    decoding: member.key.utf8.dropFirst(form.attributePrefix.utf8.count),
                    as: UTF8.self
                )
                output.append(UInt8(ascii: " "))
                try put(attribute, to: &output)
                output += "=\"".utf8
                try escape(try scalar(member.value, member.key), inAttribute: true, to: &output)
                output.append(UInt8(ascii: "\""))
            }
            if isEmpty {
                output += "/>".utf8
                return
            }
            output.append(UInt8(ascii: ">"))
            for member in object where !member.key.utf8.starts(with: form.attributePrefix.utf8) {
                if member.key.utf8.elementsEqual(form.textName.utf8) {
                    try escape(try scalar(member.value, member.key), inAttribute: false, to: &output)
                } else {
                    try element(member.key, member.value, form, to: &output)
                }
            }
            end(name, to: &output)
        case .null, .bool, .number, .string:
            try start(name, to: &output)
            let text = try scalar(value, name)
            if text.isEmpty {
                output += "/>".utf8
            } else {
                output.append(UInt8(ascii: ">"))
                try escape(text, inAttribute: false, to: &output)
                end(name, to: &output)
            }
        }
    }

    private static func start(_ name: String, to output: inout [UInt8]) throws(FormatError) {
        output.append(UInt8(ascii: "<"))
        try put(name, to: &output)
    }

    private static func end(_ name: String, to output: inout [UInt8]) {
        output += "</\(name)>".utf8
    }

    private static func put(_ name: String, to output: inout [UInt8]) throws(FormatError) {
        guard XMLCharacters.isName(name) else {
            throw FormatError(.inexpressible, "'\(name)' is not a name that XML allows")
        }
        output += name.utf8
    }

    private static func scalar(_ value: JSONValue, _ name: String) throws(FormatError) -> String {
        switch value {
        case .null: return ""
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let number): return number.text
        case .string(let string): return string
        case .array, .object:
            throw FormatError(
                .inexpressible,
                "'\(name)': expected text, a number or a boolean, found \(value.kindName)"
            )
        }
    }

    private static func isArray(_ value: JSONValue) -> Bool { value.array != nil }

    private static func isNothing(_ value: JSONValue) -> Bool { value.array?.isEmpty == true }

    private static func escape(_ text: String, inAttribute: Bool, to output: inout [UInt8]) throws(FormatError) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;".utf8
            case "<": output += "&lt;".utf8
            case ">": output += "&gt;".utf8
            case "\"" where inAttribute: output += "&quot;".utf8
            case "\r": output += "&#13;".utf8
            case "\n" where inAttribute: output += "&#10;".utf8
            case "\t" where inAttribute: output += "&#9;".utf8
            default:
                guard XMLCharacters.isChar(scalar) else {
                    throw FormatError(.inexpressible, "a character that XML does not allow: U+\(hex(scalar))")
                }
                output += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            }
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
