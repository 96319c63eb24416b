/// Writes values as JSON text.
struct ValueWriter {
    /// How numbers and functions are shown.
    enum Purpose {
        /// The result of an evaluation: all digits, functions left out.
        case result
        /// `$string`: 15 digits, functions as empty strings.
        case string
    }

    let purpose: Purpose
    var isPretty = false
    /// The digits that numbers of the input were written with.
    var source: UnsafePointer<UInt8>?

    /// Where writing stops: a small value that holds the same parts over and over can be endless as text.
    var bytesMax = Int.max

    /// Writes a value; what is longer than `bytesMax` is cut there.
    ///
    /// Nesting deeper than 2,000 is cut with `null`.
    func write(_ value: Value, to text: inout ByteBuilder, depth: Int = 0) {
        switch value.kind {
        case .null, .undefined, .unset, .row, .tailCall: text.append("null")
        case .bool: if value.bool { text.append("true") } else { text.append("false") }
        case .number:
            guard value.number.isFinite else { return text.append("null") }
            NumberText.write(value.number, precision: purpose == .string ? 15 : nil, to: &text)
        case .string: ValueWriter.quote(value, to: &text)
        case .function: if purpose == .string { text.append("\"\"") } else { text.append("null") }
        case .array: write(array: value.array, to: &text, depth: depth)
        case .object: write(object: value.object, to: &text, depth: depth)
        }
    }

    private func write(array: ArrayPointer, to text: inout ByteBuilder, depth: Int) {
        if depth > 2000 { return text.append("null") }
        if array.count == 0 { return text.append("[]") }
        text.append(UInt8(ascii: "["))
        for index in 0..<array.count {
            if text.count > bytesMax { return }
            if index > 0 { text.append(UInt8(ascii: ",")) }
            newline(depth + 1, to: &text)
            write(array[item: index], to: &text, depth: depth + 1)
        }
        newline(depth, to: &text)
        text.append(UInt8(ascii: "]"))
    }

    private func write(object: ObjectPointer, to text: inout ByteBuilder, depth: Int) {
        if depth > 2000 { return text.append("null") }
        var isFirst = true
        text.append(UInt8(ascii: "{"))
        for index in 0..<object.count {
            if text.count > bytesMax { return }
            let entry = object[entry: index]
            if entry.value.isFunction, purpose == .result { continue }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            newline(depth + 1, to: &text)
            ValueWriter.quote(entry.key, to: &text)
            text.append(UInt8(ascii: ":"))
            if isPretty { text.append(UInt8(ascii: " ")) }
            write(entry.value, to: &text, depth: depth + 1)
        }
        if !isFirst { newline(depth, to: &text) }
        text.append(UInt8(ascii: "}"))
    }

    private func newline(_ depth: Int, to text: inout ByteBuilder) {
        guard isPretty else { return }
        text.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { text.append("  ") }
    }

    /// Writes a string in quotes; lone surrogates are escaped.
    static func quote(_ string: Value, to text: inout ByteBuilder) {
        text.append(UInt8(ascii: "\""))
        let bytes = string.bytes
        var plain = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != 0x22, byte != 0x5C, byte != 0xED {
                index += 1
                continue
            }
            let isSurrogate = byte == 0xED && index + 2 < bytes.count && bytes[index + 1] >= 0xA0
            if byte == 0xED, !isSurrogate {
                index += 1
                continue
            }
            text.append(string.start + plain, count: index - plain)
            if isSurrogate {
                escape(UInt16(decodeScalar(bytes, at: index).scalar), to: &text)
                index += 3
            } else {
                escape(byte, to: &text)
                index += 1
            }
            plain = index
        }
        text.append(string.start + plain, count: bytes.count - plain)
        text.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to text: inout ByteBuilder) {
        switch byte {
        case 0x22: text.append("\\\"")
        case 0x5C: text.append("\\\\")
        case 0x08: text.append("\\b")
        case 0x0C: text.append("\\f")
        case 0x0A: text.append("\\n")
        case 0x0D: text.append("\\r")
        case 0x09: text.append("\\t")
        default: escape(UInt16(byte), to: &text)
        }
    }

    private static func escape(_ unit: UInt16, to text: inout ByteBuilder) {
        text.append("\\u")
        for shift in [12, 8, 4, 0] {
            let digit = UInt8((unit >> UInt16(shift)) & 0xF)
            text.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
        }
    }
}

extension Evaluator {
    /// Appends what `$string` makes of a value.
    func write(_ value: Value, to text: inout ByteBuilder, at position: Int32) throws(Fault) {
        switch value.kind {
        case .string: text.append(value)
        case .number:
            if !value.number.isFinite { throw fail(.d3001, at: position, value: value) }
            NumberText.write(value.number, precision: 15, to: &text)
        case .function: break
        case .array, .object:
            try checkWritable(value, at: position, depth: 0)
            ValueWriter(purpose: .string, bytesMax: state.pointee.limits.stringBytesMax).write(value, to: &text)
            try checkString(bytes: text.count)
        default: ValueWriter(purpose: .string).write(value, to: &text)
        }
    }

    /// Refuses numbers that have no text, and pays for the size.
    func checkWritable(_ value: Value, at position: Int32, depth: Int) throws(Fault) {
        if depth > 1000 { throw fail(.d1011, at: position) }
        switch value.kind {
        case .number: if !value.number.isFinite { throw fail(.d1001, at: position, value: value) }
        case .array:
            try spend(value.array.count)
            if value.array.pointee.flags.contains(.range) { return }
            for index in 0..<value.array.count {
                try checkWritable(value.array[item: index], at: position, depth: depth + 1)
            }
        case .object:
            try spend(value.object.count)
            for index in 0..<value.object.count {
                try checkWritable(value.object[entry: index].value, at: position, depth: depth + 1)
            }
        default: break
        }
    }
}
