import ConnectorConfig
import JSONValue
import JSONata
import Vocabulary

/// Writes a mapped record in the model's form: times in UTC, days, numbers out of texts, identifiers as text, closed sets
/// with `other` and `remote_values`.
///
/// A mapping can so hand over a vendor's values as they are. What fits already is copied byte for byte.
struct RecordWriter {
    /// One step of the way to a value.
    private enum Step {
        case member(JSONataView)
        case item(Int)
    }

    private let shape: ModelShape
    private var path: [Step] = []
    /// The vendor's values of closed sets that have no counterpart, by pointer.
    private var remoteValues = JSONObject()
    /// Pointers of values that could not be read, or whose zone had to be assumed.
    private(set) var warnings: [(pointer: String, message: String)] = []
    /// The record's version, where it has one.
    private(set) var etag: String?

    /// Bytes that the records of a page may take.
    private static let bytesMax = 64 << 20

    init(_ shape: ModelShape) {
        self.shape = shape
    }

    /// Forgets what was found out about the last record.
    mutating func reset() {
        path.removeAll(keepingCapacity: true)
        if !remoteValues.isEmpty { remoteValues = JSONObject() }
        if !warnings.isEmpty { warnings = [] }
        etag = nil
    }

    /// Writes `record`, an object, without the vendor's own record.
    ///
    /// - Returns: false when the record is too large or nests too deep; what was written is no record then.
    mutating func write(_ record: JSONataView, to output: inout JSONByteWriter) -> Bool {
        guard case .object(let group, _) = shape.nodes[shape.root] else {
            return record.write(to: &output, bytesMax: Self.bytesMax)
        }
        var own: JSONataView?
        var isFirst = true
        output.append(UInt8(ascii: "{"))
        for index in 0..<record.count {
            let member = record.member(index)
            if member.kind == .other { continue }
            let field = shape.names.index(ofMember: index, of: record, in: group)
            switch shape.names.index(ofMember: index, of: record, in: ModelShape.ownGroup) {
            case 0: continue
            case 1:
                own = member
                continue
            case 2: etag = member.plainText
            default: break
            }
            start(record.name(index), &isFirst, &output)
            guard write(member, field, of: group, at: record.name(index), &output) else { return false }
        }
        if own != nil || !remoteValues.isEmpty {
            let written = own?.json ?? .object([:])
            let all = remoteValues.isEmpty ? written : written.overlaid(by: .object(remoteValues))
            if !isFirst { output.append(UInt8(ascii: ",")) }
            output.append(raw: "\"remote_values\":")
            output.append(raw: all.bytes()[...])
        }
        output.append(UInt8(ascii: "}"))
        return output.count <= Self.bytesMax
    }

    private func start(_ name: JSONataView, _ isFirst: inout Bool, _ output: inout JSONByteWriter) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        _ = name.writeText(to: &output)
        output.append(UInt8(ascii: ":"))
    }

    /// Writes a member: by its field's node, or as it is when the model does not know it.
    private mutating func write(
        _ member: JSONataView,
        _ field: Int,
        of group: Int,
        at name: JSONataView,
        _ output: inout JSONByteWriter
    ) -> Bool {
        guard field >= 0 else { return member.write(to: &output, bytesMax: Self.bytesMax) }
        path.append(.member(name))
        defer { path.removeLast() }
        return write(member, shape.fields[group][field], &output)
    }

    private mutating func write(_ value: JSONataView, _ node: Int, _ output: inout JSONByteWriter) -> Bool {
        let kind = value.kind
        if kind == .null || kind == .other {
            output.append(raw: "null")
            return true
        }
        switch shape.nodes[node] {
        case .any: return value.write(to: &output, bytesMax: Self.bytesMax)
        case .text:
            // What is no text is left as it is.
            return value.writeText(to: &output) || value.write(to: &output, bytesMax: Self.bytesMax)
        case .timestamp: timestamp(value, &output)
        case .date: date(value, &output)
        case .integer: number(value, isWhole: true, &output)
        case .number: number(value, isWhole: false, &output)
        case .boolean: boolean(value, &output)
        case .choice(let allowed, let map): choice(value, allowed, map, &output)
        case .array(let element): return array(value, element, &output)
        case .object(let group, let needsID): return object(value, group, needsID, &output)
        }
        return true
    }

    private mutating func array(_ value: JSONataView, _ element: Int, _ output: inout JSONByteWriter) -> Bool {
        output.append(UInt8(ascii: "["))
        // One value where a list belongs is a list.
        let isList = value.kind == .array
        for index in 0..<(isList ? value.count : 1) {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            path.append(.item(index))
            defer { path.removeLast() }
            guard output.count <= Self.bytesMax else { return false }
            guard write(isList ? value.item(index) : value, element, &output) else { return false }
        }
        output.append(UInt8(ascii: "]"))
        return true
    }

    /// A reference without a name of its target is none.
    private mutating func object(
        _ value: JSONataView,
        _ group: Int,
        _ needsID: Bool,
        _ output: inout JSONByteWriter
    ) -> Bool {
        guard value.kind == .object else { return value.write(to: &output, bytesMax: Self.bytesMax) }
        if needsID, !hasID(value) {
            output.append(raw: "null")
            return true
        }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for index in 0..<value.count {
            let member = value.member(index)
            if member.kind == .other { continue }
            let field = shape.names.index(ofMember: index, of: value, in: group)
            start(value.name(index), &isFirst, &output)
            guard write(member, field, of: group, at: value.name(index), &output) else { return false }
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    /// Whether an object has an identifier that is not empty.
    func hasID(_ object: JSONataView) -> Bool {
        guard let id = shape.names.firstMember(of: object, in: ModelShape.idGroup) else { return false }
        switch id.kind {
        case .string: return !id.isEmptyString
        case .number, .bool: return true
        case .null, .array, .object, .other: return false
        }
    }

    // MARK: Values

    private mutating func timestamp(_ value: JSONataView, _ output: inout JSONByteWriter) {
        if value.withBytes({ Instant.isNormal($0) }) {
            _ = value.writeText(to: &output)
            return
        }
        guard let text = value.plainText, !text.isEmpty else { return output.append(raw: "null") }
        if let instant = Instant(text) {
            if !instant.hasZone { warn("the time has no zone; read as UTC") }
            return output.append(string: instant.text)
        }
        if let number = Int(text), text.utf8.count >= 9 {
            let milliseconds = text.utf8.count > 11 ? number : number * 1000
            return output.append(string: Instant(millisecondsSinceEpoch: milliseconds).text)
        }
        warn("the vendor's time cannot be read; see remote_data")
        output.append(raw: "null")
    }

    private mutating func date(_ value: JSONataView, _ output: inout JSONByteWriter) {
        guard let text = value.plainText, !text.isEmpty, !text.hasPrefix("0000-00-00") else {
            return output.append(raw: "null")
        }
        if let date = CivilDate(prefixOf: text) { return output.append(string: date.text) }
        if let number = Int(text), text.utf8.count > 11 {
            return output.append(string: String(Instant(millisecondsSinceEpoch: number).text.prefix(10)))
        }
        warn("the vendor's date cannot be read; see remote_data")
        output.append(raw: "null")
    }

    private mutating func number(_ value: JSONataView, isWhole: Bool, _ output: inout JSONByteWriter) {
        if value.kind == .number, !isWhole {
            _ = value.write(to: &output, bytesMax: .max)
            return
        }
        guard let text = value.plainText else {
            _ = value.write(to: &output, bytesMax: Self.bytesMax)
            return
        }
        guard !text.isEmpty else { return output.append(raw: "null") }
        guard let number = JSONValue.number(fromText: text) else {
            warn("the vendor's number cannot be read; see remote_data")
            return output.append(raw: "null")
        }
        if isWhole, let whole = number.int { return output.append(integer: whole) }
        output.append(raw: text)
    }

    private mutating func boolean(_ value: JSONataView, _ output: inout JSONByteWriter) {
        if value.kind == .bool { return output.append(raw: value.bool ? "true" : "false") }
        switch value.plainText?.lowercased() {
        case "true", "1", "yes": output.append(raw: "true")
        case "false", "0", "no": output.append(raw: "false")
        case "", nil: output.append(raw: "null")
        default:
            warn("the vendor's yes or no cannot be read; see remote_data")
            output.append(raw: "null")
        }
    }

    private mutating func choice(_ value: JSONataView, _ allowed: Int, _ map: Int, _ output: inout JSONByteWriter) {
        if value.isEmptyString { return output.append(raw: "null") }
        if map < 0 {
            if isAllowed(value, allowed) {
                _ = value.writeText(to: &output)
                return
            }
        } else if let unified = unified(value, shape.maps[map]) {
            return output.append(string: unified)
        }
        guard value.plainText != nil else { return output.append(raw: "null") }
        remoteValues[pointer] = value.json
        guard map >= 0 else {
            return output.append(raw: shape.groups[allowed].contains("other") ? "\"other\"" : "null")
        }
        if let fallback = shape.maps[map].fallback { return output.append(string: fallback) }
        output.append(raw: "null")
    }

    private func isAllowed(_ value: JSONataView, _ allowed: Int) -> Bool {
        if shape.names.index(of: value, in: allowed) >= 0 { return true }
        guard value.kind != .string, let text = value.plainText else { return false }
        return shape.groups[allowed].contains(text)
    }

    private func unified(_ value: JSONataView, _ map: ModelShape.Map) -> String? {
        let index = shape.names.index(of: value, in: map.natives)
        if index >= 0 { return map.values[index] }
        guard value.kind != .string, let text = value.plainText else { return nil }
        return shape.groups[map.natives].firstIndex(of: text).map { map.values[$0] }
    }

    // MARK: Places

    private mutating func warn(_ message: String) {
        warnings.append((pointer, message))
    }

    private var pointer: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let name): text += "/" + (name.plainText ?? "")
            case .item(let index): text += "/\(index)"
            }
        }
    }
}
