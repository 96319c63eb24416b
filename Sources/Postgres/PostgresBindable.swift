package import Foundation

/// A value on its way to the server.
package struct PostgresBind: Sendable {
    enum Form: Sendable {
        case text(String)
        case binary([UInt8])
    }

    let type: UInt32
    let value: Form?

    init(type: UInt32, value: Form?) {
        self.type = type
        self.value = value
    }
}

/// A type whose values can be bound in a ``Query``.
package protocol PostgresBindable {
    /// The type's object id in `pg_type`; 0 lets the server infer it from where the value stands.
    static var postgresType: UInt32 { get }
    /// The value in the form it is sent.
    var postgresBind: PostgresBind { get }
}

/// A type that can be read from a column's text form.
package protocol PostgresDecodable {
    /// Reads the text form; nil when the text is not one of this type.
    init?(postgresText: String)
}

/// JSON text, bound to and read from `json` and `jsonb` columns.
package struct JSONText: Sendable, Equatable, PostgresBindable, PostgresDecodable {
    /// The text.
    package let text: String

    /// Wraps JSON text.
    package init(_ text: String) {
        self.text = text
    }

    package init?(postgresText: String) { text = postgresText }
    package static var postgresType: UInt32 { 0 }
    package var postgresBind: PostgresBind { PostgresBind(type: 0, value: .text(text)) }
}

extension String: PostgresBindable, PostgresDecodable {
    package init?(postgresText: String) { self = postgresText }
    package static var postgresType: UInt32 { 0 }
    package var postgresBind: PostgresBind { PostgresBind(type: 0, value: .text(self)) }
}

extension Int: PostgresBindable, PostgresDecodable {
    package init?(postgresText: String) { self.init(postgresText) }
    package static var postgresType: UInt32 { 20 }
    package var postgresBind: PostgresBind { PostgresBind(type: 20, value: .text(String(self))) }
}

extension Double: PostgresBindable, PostgresDecodable {
    package init?(postgresText: String) { self.init(postgresText) }
    package static var postgresType: UInt32 { 701 }
    package var postgresBind: PostgresBind { PostgresBind(type: 701, value: .text(String(describing: self))) }
}

extension Bool: PostgresBindable, PostgresDecodable {
    package init?(postgresText: String) {
        switch postgresText {
        case "t": self = true
        case "f": self = false
        default: return nil
        }
    }
    package static var postgresType: UInt32 { 16 }
    package var postgresBind: PostgresBind { PostgresBind(type: 16, value: .text(self ? "t" : "f")) }
}

extension UUID: PostgresBindable, PostgresDecodable {
    package init?(postgresText: String) { self.init(uuidString: postgresText) }
    package static var postgresType: UInt32 { 2950 }
    package var postgresBind: PostgresBind { PostgresBind(type: 2950, value: .text(uuidString)) }
}

extension Array: PostgresBindable where Element: PostgresArrayElement {
    package static var postgresType: UInt32 { Element.postgresArrayType }
    package var postgresBind: PostgresBind { Element.postgresBind(of: self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init?(postgresText: String) {
        guard let elements = Element.array(postgresText: postgresText) else { return nil }
        self = elements
    }
}

/// A type whose arrays can be bound and read.
package protocol PostgresArrayElement {
    /// The object id of the array type.
    static var postgresArrayType: UInt32 { get }
    /// The array in the form it is sent.
    static func postgresBind(of array: [Self]) -> PostgresBind
    /// Reads an array's text form.
    static func array(postgresText: String) -> [Self]?
}

/// `[UInt8]` is `bytea`.
extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: UInt32 { 17 }

    package static func postgresBind(of array: [UInt8]) -> PostgresBind {
        PostgresBind(type: 17, value: .binary(array))
    }

    package static func array(postgresText text: String) -> [UInt8]? {
        guard text.hasPrefix("\\x"), text.utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2 - 1)
        var high: UInt8?
        for character in text.utf8.dropFirst(2) {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x61...0x66: digit = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}

extension String: PostgresArrayElement {
    package static var postgresArrayType: UInt32 { 1009 }

    package static func postgresBind(of array: [String]) -> PostgresBind {
        PostgresBind(type: 1009, value: .text(ArrayText.write(array)))
    }

    package static func array(postgresText: String) -> [String]? {
        ArrayText.read(postgresText)
    }
}

extension Int: PostgresArrayElement {
    package static var postgresArrayType: UInt32 { 1016 }

    package static func postgresBind(of array: [Int]) -> PostgresBind {
        PostgresBind(type: 1016, value: .text(ArrayText.write(array.map(String.init))))
    }

    package static func array(postgresText: String) -> [Int]? {
        guard let texts = ArrayText.read(postgresText) else { return nil }
        let numbers = texts.compactMap { Int($0) }
        return numbers.count == texts.count ? numbers : nil
    }
}

extension UUID: PostgresArrayElement {
    package static var postgresArrayType: UInt32 { 2951 }

    package static func postgresBind(of array: [UUID]) -> PostgresBind {
        PostgresBind(type: 2951, value: .text(ArrayText.write(array.map(\.uuidString))))
    }

    package static func array(postgresText: String) -> [UUID]? {
        guard let texts = ArrayText.read(postgresText) else { return nil }
        let values = texts.compactMap { UUID(uuidString: $0) }
        return values.count == texts.count ? values : nil
    }
}

/// The text form of one-dimensional arrays without NULLs.
enum ArrayText {
    static func write(_ elements: [String]) -> String {
        let quoted = elements.map { element in
            "\"" + element.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }

    static func read(_ text: String) -> [String]? {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
        var elements: [String] = []
        var current = String.UnicodeScalarView()
        var isQuoted = false
        var wasQuoted = false
        var isEscaped = false
        let inner = text.unicodeScalars.dropFirst().dropLast()
        guard !inner.isEmpty else { return [] }
        for scalar in inner {
            if isEscaped {
                current.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                isQuoted.toggle()
                wasQuoted = true
            } else if scalar == ",", !isQuoted {
                if !wasQuoted, String(current) == "NULL" { return nil }
                elements.append(String(current))
                current = String.UnicodeScalarView()
                wasQuoted = false
            } else if scalar == "{", !isQuoted {
                return nil
            } else {
                current.append(scalar)
            }
        }
        if !wasQuoted, String(current) == "NULL" { return nil }
        elements.append(String(current))
        return isQuoted || isEscaped ? nil : elements
    }
}
