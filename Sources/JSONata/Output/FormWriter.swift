import JSONValue

/// Writes values in a form.
///
/// What is written is passed along and not kept, so that nothing is counted or checked for exclusivity.
struct FormWriter {
    private let form: FormTable
    /// The text that numbers refer to.
    private let source: UnsafePointer<UInt8>?
    /// The names and indexes on the way to the value in hand.
    let path: UnsafeMutablePointer<Value>

    /// Bytes that a writer may hold in the end.
    static let bytesMax = 64 << 20

    /// `path`: room for the form's depth.
    init(_ form: FormTable, _ source: UnsafePointer<UInt8>?, path: UnsafeMutablePointer<Value>) {
        self.form = form
        self.source = source
        self.path = path
    }

    /// A look at a value.
    func view(_ value: Value) -> JSONataView { JSONataView(value, source) }

    /// Writes a value of a node.
    ///
    /// - Returns: false when it is too large or nests too deep.
    func write(
        _ value: Value,
        _ number: Int,
        depth: Int,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) -> Bool {
        let node = form.nodes + number
        switch node.pointee.kind {
        case .text:
            if value.kind == .string {
                output.put(string: value)
                return true
            }
        case .link:
            if value.kind == .string, Self.isAddress(value.bytes) {
                output.put(string: value)
                return true
            }
        case .currency:
            if value.kind == .string, value.byteCount == 3, value.bytes.allSatisfy({ $0 &- 0x41 < 26 }) {
                output.put(string: value)
                return true
            }
        case .instant:
            if value.kind == .string, Self.isNormal(value.bytes) {
                output.put(string: value)
                return true
            }
        case .object:
            if value.kind == .object { return object(value.object, number, depth: depth, &output, &owner) }
        case .array:
            if value.kind == .array { return array(value.array, node.pointee.element, depth: depth, &output, &owner) }
        case .choice:
            if value.kind == .string, value.byteCount > 0,
                form.groups[Int(node.pointee.group)].index(of: value.keyed) >= 0
            {
                output.put(string: value)
                return true
            }
        case .boolean:
            if value.kind == .bool {
                output.put(value.bool ? "true" : "false")
                return true
            }
        case .number, .any:
            if value.kind == .number { return view(value).write(to: &output, bytesMax: Self.bytesMax) }
            if value.kind == .string, node.pointee.kind == .any {
                output.put(string: value)
                return true
            }
        case .adjusted: break
        }
        return writeOther(value, number, depth: depth, &output, &owner)
    }

    /// Goes on with a value that its node does not expect.
    @inline(never)
    private func writeOther(
        _ value: Value,
        _ number: Int,
        depth: Int,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) -> Bool {
        let view = view(value)
        let kind = view.kind
        if kind == .null || kind == .other {
            output.put("null")
            return true
        }
        switch form.nodes[number].kind {
        case .number where kind == .number, .any:
            return view.write(to: &output, bytesMax: Self.bytesMax)
        case .text where view.writeText(to: &output): break
        case .array:
            output.put(UInt8(ascii: "["))
            path[depth] = Value(0)
            let element = Int(form.nodes[number].element)
            let start = output.count
            guard write(value, element, depth: depth + 1, &output, &owner) else { return false }
            if isNull(from: start, element, output) { output.truncate(to: start) }
            output.put(UInt8(ascii: "]"))
        default:
            owner.adjust(view, node: number, at: JSONataFormPath(steps: path, count: depth), &output)
        }
        return true
    }

    private func array(
        _ array: ArrayPointer,
        _ element: Int32,
        depth: Int,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) -> Bool {
        output.put(UInt8(ascii: "["))
        var isFirst = true
        for index in 0..<array.count {
            let end = output.count
            if !isFirst { output.put(UInt8(ascii: ",")) }
            guard output.count <= Self.bytesMax else { return false }
            path[depth] = Value(index)
            let start = output.count
            guard write(array[item: index], Int(element), depth: depth + 1, &output, &owner) else { return false }
            if isNull(from: start, Int(element), output) { output.truncate(to: end) } else { isFirst = false }
        }
        output.put(UInt8(ascii: "]"))
        return true
    }

    /// Whether an element of a list came out as null, which no list of the form holds.
    @inline(__always)
    func isNull(from start: Int, _ element: Int, _ output: borrowing JSONByteWriter) -> Bool {
        output.count == start + 4 && form.nodes[element].kind != .any && output.endsInNull
    }

    /// An object is null without what it needs, as a reference without an identifier.
    private func object(
        _ object: ObjectPointer,
        _ number: Int,
        depth: Int,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) -> Bool {
        let node = form.nodes + number
        for index in 0..<Int(node.pointee.needsCount) where !Self.isID(object.value(for: node.pointee.needs[index])) {
            output.put("null")
            return true
        }
        let group = form.groups[Int(node.pointee.group)]
        var separator = UInt8(ascii: "{")
        for index in 0..<object.count {
            let entry = object[entry: index]
            if entry.value.isFunction { continue }
            let field = group.index(of: entry.key)
            guard field >= 0 else {
                output.put(separator)
                separator = UInt8(ascii: ",")
                output.put(string: entry.key)
                output.put(UInt8(ascii: ":"))
                guard view(entry.value).write(to: &output, bytesMax: Self.bytesMax) else { return false }
                continue
            }
            let child = Int(node.pointee.fields[field])
            if form.nodes[child].isNoted { owner.note(view(entry.value), node: child) }
            if form.nodes[child].isOmitted { continue }
            output.put(separator, group.labels[field])
            separator = UInt8(ascii: ",")
            path[depth] = entry.key
            guard write(entry.value, child, depth: depth + 1, &output, &owner) else { return false }
        }
        if separator == UInt8(ascii: "{") { output.put(separator) }
        output.put(UInt8(ascii: "}"))
        return output.count <= Self.bytesMax
    }

    /// Whether an object has an identifier that is not empty.
    func hasID(_ object: ObjectPointer) -> Bool { Self.isID(object.value(for: form.id)) }

    /// Whether a value can name a record, or be what an object is about.
    @inline(__always)
    static func isID(_ value: Value) -> Bool {
        switch value.kind {
        case .string: value.byteCount > 0
        case .number: value.number.isFinite
        case .bool: true
        default: false
        }
    }

    /// Whether a text is an address: printable ASCII with a scheme in front.
    static func isAddress(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < bytes.count else {
            return false
        }
        return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Whether a text is a time in UTC as it is written out: `2026-05-01T07:25:37Z`, with up to nine digits of a fraction.
    static func isNormal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = bytes.count
        guard count >= 20, count <= 30, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[count - 1] == UInt8(ascii: "Z")
        else { return false }
        func two(_ index: Int) -> Int {
            let high = bytes[index] &- 0x30
            let low = bytes[index + 1] &- 0x30
            return high < 10 && low < 10 ? Int(high) * 10 + Int(low) : 100
        }
        // Days that not every month has are looked at more closely.
        guard two(0) < 100, two(2) < 100, two(5) &- 1 < 12, two(5) > 0, two(8) > 0, two(8) <= 28, two(11) < 24,
            two(14) < 60, two(17) < 60
        else { return false }
        if count == 20 { return true }
        guard bytes[19] == UInt8(ascii: "."), count > 21 else { return false }
        for index in 20..<(count - 1) where bytes[index] &- 0x30 > 9 { return false }
        return true
    }
}
