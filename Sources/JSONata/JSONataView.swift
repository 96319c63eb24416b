package import JSONValue

/// A look at a value that an evaluation gave, without making a tree of it.
///
/// Good only inside of the call that lends it.
package struct JSONataView {
    /// What a value is.
    package enum Kind: Sendable {
        case null, bool, number, string, array, object
        /// A function, which JSON cannot say.
        case other
    }

    let value: Value
    /// The text that numbers refer to.
    let source: UnsafePointer<UInt8>?

    init(_ value: Value, _ source: UnsafePointer<UInt8>?) {
        self.value = value
        self.source = source
    }

    /// What the value is.
    package var kind: Kind {
        switch value.kind {
        case .bool: .bool
        case .number: value.number.isFinite ? .number : .null
        case .string: .string
        case .array: .array
        case .object: .object
        case .null, .undefined, .unset, .row, .tailCall: .null
        case .function: .other
        }
    }

    /// Whether a string is empty; false for other values.
    package var isEmptyString: Bool { value.isString && value.byteCount == 0 }

    /// The text of a string, or a number or bool written out; nil for other values.
    package var plainText: String? {
        switch value.kind {
        case .string: return value.text
        case .bool: return value.bool ? "true" : "false"
        case .number where value.number.isFinite:
            if let digits { return String(decoding: digits, as: UTF8.self) }
            return JSONNumber.shortestText(of: value.number)
        default: return nil
        }
    }

    /// The value as a tree; functions and what nests too deep are null.
    package var json: JSONValue {
        var writer = JSONByteWriter()
        guard write(to: &writer, bytesMax: .max) else { return .null }
        return (try? JSONValue(parsing: writer.finish(), policy: .vendor)) ?? .null
    }

    /// The digits that a number was written with, when it comes from the document as it is.
    private var digits: UnsafeBufferPointer<UInt8>? {
        let reference = value.sourceReference
        guard reference != 0, let source else { return nil }
        let start = source + Int(reference - 1)
        var count = 1
        // The document is good JSON, and only numbers with another byte behind them have a reference.
        while Self.isNumberByte(start[count]) { count += 1 }
        return UnsafeBufferPointer(start: start, count: count)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
}

// MARK: Writing

extension JSONataView {
    private static let depthMax = 1000

    /// Writes the value as JSON.
    ///
    /// - Parameters:
    ///   - writer: where it goes.
    ///   - bytesMax: how much the writer may hold in the end.
    /// - Returns: false when it is longer than that, or nests deeper than 1,000; the writer then holds a part.
    package func write(to writer: inout JSONByteWriter, bytesMax: Int) -> Bool {
        write(to: &writer, bytesMax: bytesMax, depth: 0)
    }

    private func write(to writer: inout JSONByteWriter, bytesMax: Int, depth: Int) -> Bool {
        switch value.kind {
        case .string: writer.put(string: value)
        case .number: writeNumber(to: &writer)
        case .bool: writer.put(value.bool ? "true" : "false")
        case .array:
            guard depth < Self.depthMax else { return false }
            writer.put(UInt8(ascii: "["))
            for index in 0..<value.array.count {
                guard writer.count <= bytesMax else { return false }
                if index > 0 { writer.put(UInt8(ascii: ",")) }
                let item = JSONataView(value.array[item: index], source)
                guard item.write(to: &writer, bytesMax: bytesMax, depth: depth + 1) else { return false }
            }
            writer.put(UInt8(ascii: "]"))
        case .object:
            guard depth < Self.depthMax else { return false }
            var isFirst = true
            writer.put(UInt8(ascii: "{"))
            for index in 0..<value.object.count {
                let entry = value.object[entry: index]
                if entry.value.isFunction { continue }
                guard writer.count <= bytesMax else { return false }
                if !isFirst { writer.put(UInt8(ascii: ",")) }
                isFirst = false
                writer.put(string: entry.key)
                writer.put(UInt8(ascii: ":"))
                let member = JSONataView(entry.value, source)
                guard member.write(to: &writer, bytesMax: bytesMax, depth: depth + 1) else { return false }
            }
            writer.put(UInt8(ascii: "}"))
        default: writer.put("null")
        }
        return writer.count <= bytesMax
    }

    /// Writes a string, or a number or bool as one; nothing and false for other values.
    package func writeText(to writer: inout JSONByteWriter) -> Bool {
        switch value.kind {
        case .string: writer.put(string: value)
        case .number, .bool:
            guard let text = plainText else { return false }
            writer.append(string: text)
        default: return false
        }
        return true
    }

    private func writeNumber(to writer: inout JSONByteWriter) {
        guard value.number.isFinite else { return writer.put("null") }
        if let digits { return writer.put(digits) }
        let number = value.number
        if number == number.rounded(.towardZero), abs(number) < 9_007_199_254_740_992 {
            return writer.append(integer: Int(number))
        }
        writer.append(raw: JSONNumber.shortestText(of: number))
    }
}
