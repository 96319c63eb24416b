package import JSONValue
package import Vocabulary

/// What the user gives for a variable, checked and brought into the form that is kept.
extension VariableConfig {
    /// What a text must look like, beside its own pattern.
    package enum Format: String, Sendable, CaseIterable {
        case email, url, domain, uuid, integer
    }

    /// Why what the user gave cannot be taken, in plain words.
    package struct Refusal: Error, Sendable, Equatable {
        /// What the user reads.
        package let message: String
    }

    /// The value that is kept.
    ///
    /// - Parameters:
    ///   - texts: what a form sent under the variable's name; several for a choice of several.
    ///   - digests: for the transform `sha256`.
    /// - Returns: nil when nothing was given.
    /// - Throws: ``Refusal`` when it cannot be what is asked for.
    package func value(of texts: [String], digests: any Digests) throws(Refusal) -> JSONValue? {
        guard texts.allSatisfy({ $0.utf8.count <= Self.bytesMax && !$0.utf8.contains(0) }) else {
            throw Refusal(message: "“\(label)” is too long.")
        }
        switch kind {
        case .boolean: return .bool(["true", "on", "1"].contains(texts.last ?? ""))
        case .multiSelect:
            let chosen = texts.filter { !$0.isEmpty }
            guard chosen.allSatisfy(isOption) else { throw wrong }
            return chosen.isEmpty ? nil : .array(chosen.map(JSONValue.string))
        case .keyValue: return try pairs(texts.last ?? "")
        case .text, .secret, .number, .select, .date, .file, .fieldMapping: return try scalar(texts.last ?? "", digests)
        }
    }

    /// The longest text that is taken.
    private static let bytesMax = 16_384

    /// Whether the variable is asked for, given what is known of the others.
    package func isVisible(given values: JSONObject) -> Bool {
        guard let visibleWhen else { return true }
        var root = values
        root["context"] = .object(values)
        // A condition that cannot be told must not hide a field that is needed.
        return (try? visibleWhen.isTrue(in: ExpressionScope(root))) ?? true
    }

    /// The part of a kept value that the user typed.
    package func typed(_ value: JSONValue) -> String {
        var text = Substring(value.plainText ?? "")
        if let prefix, text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        if let suffix, text.hasSuffix(suffix) { text = text.dropLast(suffix.count) }
        return String(text)
    }

    private func scalar(_ given: String, _ digests: any Digests) throws(Refusal) -> JSONValue? {
        var text = typed(.string(try transformed(given, digests)))
        guard !text.isEmpty else { return nil }
        if let pattern {
            guard let expression = try? Regex(pattern), (try? expression.wholeMatch(in: text)) != nil else {
                throw wrong
            }
        }
        if let format, !format.fits(text) { throw wrong }
        switch kind {
        case .number:
            guard let number = JSONNumber(text) else { throw Refusal(message: "“\(label)” must be a number.") }
            return .number(number)
        case .date where !Self.isDay(text): throw Refusal(message: "“\(label)” must be a day such as 2026-12-31.")
        case .select where !isOption(text): throw wrong
        default: break
        }
        text = (prefix ?? "") + text + (suffix ?? "")
        return .string(text)
    }

    /// Lines of `name: value` as an object.
    private func pairs(_ text: String) throws(Refusal) -> JSONValue? {
        var object = JSONObject()
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
            guard let colon = line.firstIndex(of: ":") else {
                throw Refusal(message: "“\(label)” needs a name, a colon and a value on each line.")
            }
            let name = Transform.trim.applied(to: String(line[..<colon]))
            object[name] = .string(Transform.trim.applied(to: String(line[line.index(after: colon)...])))
        }
        return object.isEmpty ? nil : .object(object)
    }

    private func transformed(_ text: String, _ digests: any Digests) throws(Refusal) -> String {
        var text = text
        for step in transforms {
            guard step == .sha256, !text.isEmpty else {
                text = step.applied(to: text)
                continue
            }
            guard let digest = try? digests.digest(.sha256, of: Array(text.utf8)) else {
                throw Refusal(message: "“\(label)” cannot be taken at the moment.")
            }
            text = Hexadecimal.text(digest)
        }
        return text
    }

    private func isOption(_ text: String) -> Bool {
        options.isEmpty || options.contains { $0.value == text }
    }

    private var wrong: Refusal { Refusal(message: "“\(label)” does not look right. Please check it.") }

    /// Whether a text is a day, `YYYY-MM-DD`.
    static func isDay(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        return (1...12).contains(Int(parts[1]) ?? 0) && (1...31).contains(Int(parts[2]) ?? 0)
    }
}

extension VariableConfig.Format {
    /// Whether a text looks like it.
    fileprivate func fits(_ text: String) -> Bool {
        switch self {
        case .email:
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && !parts[0].isEmpty && Self.isDomain(parts[1]) && !text.contains(" ")
        case .url:
            guard let rest = ["https://", "http://"].lazy.compactMap({ text.dropping(prefix: $0) }).first else {
                return false
            }
            let host = rest.prefix { !"/?#".contains($0) }.prefix { $0 != ":" }
            return Self.isDomain(host) && !text.contains { $0.isWhitespace }
        case .domain: return Self.isDomain(text[...])
        case .uuid:
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
        case .integer: return Int(text) != nil
        }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count < 64 && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            }
    }
}

extension String {
    fileprivate func dropping(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
