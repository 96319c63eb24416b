import ConnectorConfig
import JSONValue
import JSONata
import Vocabulary

/// Brings values of a mapped record into the model's form: times in UTC, days, numbers out of texts, closed sets with
/// `other` and `remote_values`.
///
/// A mapping can so hand over a vendor's values as they are. What fits already is written without asking here.
struct RecordWriter: JSONataFormOwner {
    private let shape: ModelShape
    /// The vendor's values of closed sets that have no counterpart, by pointer.
    private var remoteValues = JSONObject()
    /// The same as the mapping gives them.
    private var ownRemoteValues: JSONValue?
    /// Pointers of values that could not be read, or whose zone had to be assumed.
    private(set) var warnings: [(pointer: String, message: String)] = []
    /// The record's version, where it has one.
    private(set) var etag: String?

    init(_ shape: ModelShape) { self.shape = shape }

    /// Forgets what was found out about the last record.
    mutating func reset() {
        if !remoteValues.isEmpty { remoteValues = JSONObject() }
        if !warnings.isEmpty { warnings = [] }
        ownRemoteValues = nil
        etag = nil
    }

    mutating func note(_ value: JSONataView, node: Int) {
        if case .remoteValues = shape.nodes[node] { ownRemoteValues = value.json } else { etag = value.plainText }
    }

    /// Adds the vendor's values without counterpart to an object that was written.
    func writeRemoteValues(to output: inout JSONByteWriter) {
        guard ownRemoteValues != nil || !remoteValues.isEmpty else { return }
        let written = ownRemoteValues ?? .object([:])
        let all = remoteValues.isEmpty ? written : written.overlaid(by: .object(remoteValues))
        let isEmpty = output.last(2) == [UInt8(ascii: "{"), UInt8(ascii: "}")]
        output.truncate(to: output.count - 1)
        if !isEmpty { output.append(UInt8(ascii: ",")) }
        output.append(raw: "\"remote_values\":" as StaticString)
        output.append(raw: all.bytes()[...])
        output.append(UInt8(ascii: "}"))
    }

    mutating func adjust(_ value: JSONataView, node: Int, at path: JSONataFormPath, _ output: inout JSONByteWriter) {
        switch shape.nodes[node] {
        case .timestamp: timestamp(value, path, &output)
        case .date: date(value, path, &output)
        case .integer: number(value, isWhole: true, within: -.infinity ... .infinity, path, &output)
        case .number(let bounds): number(value, isWhole: false, within: bounds, path, &output)
        case .boolean: boolean(value, path, &output)
        case .choice(let allowed, let map): choice(value, allowed, map, path, &output)
        case .text: misfit("text", value, path, &output)
        case .link: misfit("address", value, path, &output)
        case .object: misfit("object", value, path, &output)
        case .currency: currency(value, path, &output)
        // The form takes these as they are.
        case .any, .array, .remoteValues: output.append(raw: "null" as StaticString)
        }
    }

    // MARK: Values

    private mutating func timestamp(_ value: JSONataView, _ path: JSONataFormPath, _ output: inout JSONByteWriter) {
        guard let text = value.plainText, !text.isEmpty else { return output.append(raw: "null") }
        if let instant = Instant(text) {
            if !instant.hasZone { warn("the time has no zone; read as UTC", path) }
            return output.append(string: instant.text)
        }
        if let number = Int(text), text.utf8.count >= 9 {
            let milliseconds = text.utf8.count > 11 ? number : number * 1000
            return output.append(string: Instant(millisecondsSinceEpoch: milliseconds).text)
        }
        warn("the vendor's time cannot be read; see remote_data", path)
        output.append(raw: "null")
    }

    private mutating func date(_ value: JSONataView, _ path: JSONataFormPath, _ output: inout JSONByteWriter) {
        guard let text = value.plainText, !text.isEmpty, !text.hasPrefix("0000-00-00") else {
            return output.append(raw: "null")
        }
        if let date = CivilDate(prefixOf: text) { return output.append(string: date.text) }
        if let number = Int(text), text.utf8.count > 11 {
            return output.append(string: String(Instant(millisecondsSinceEpoch: number).text.prefix(10)))
        }
        warn("the vendor's date cannot be read; see remote_data", path)
        output.append(raw: "null")
    }

    private mutating func number(
        _ value: JSONataView,
        isWhole: Bool,
        within bounds: ClosedRange<Double>,
        _ path: JSONataFormPath,
        _ output: inout JSONByteWriter
    ) {
        guard let text = value.plainText, let read = JSONValue.number(fromText: text)?.number,
            bounds.contains(read.double)
        else { return misfit("number", value, path, &output) }
        guard isWhole else { return output.append(raw: text) }
        guard let whole = read.int ?? Int(exactly: read.double) else { return misfit("number", value, path, &output) }
        output.append(integer: whole)
    }

    private mutating func currency(_ value: JSONataView, _ path: JSONataFormPath, _ output: inout JSONByteWriter) {
        let code = value.plainText?.uppercased() ?? ""
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            return misfit("currency", value, path, &output)
        }
        output.append(string: code)
    }

    /// A value of another kind than the field holds; what is empty is worth no warning.
    private mutating func misfit(
        _ kind: String,
        _ value: JSONataView,
        _ path: JSONataFormPath,
        _ output: inout JSONByteWriter
    ) {
        let isEmpty = value.isEmptyString || value.json == [] || value.json == [:]
        if !isEmpty { warn("the vendor's \(kind) cannot be read; see remote_data", path) }
        output.append(raw: "null")
    }

    private mutating func boolean(_ value: JSONataView, _ path: JSONataFormPath, _ output: inout JSONByteWriter) {
        switch value.plainText?.lowercased() {
        case "true", "1", "yes": output.append(raw: "true")
        case "false", "0", "no": output.append(raw: "false")
        case "", nil: output.append(raw: "null")
        default:
            warn("the vendor's yes or no cannot be read; see remote_data", path)
            output.append(raw: "null")
        }
    }

    private mutating func choice(
        _ value: JSONataView,
        _ allowed: Int,
        _ map: Int,
        _ path: JSONataFormPath,
        _ output: inout JSONByteWriter
    ) {
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
        remoteValues[path.pointer] = value.json
        guard map >= 0 else {
            return output.append(raw: shape.groups[allowed].contains("other") ? "\"other\"" : "null")
        }
        if let fallback = shape.maps[map].fallback { return output.append(string: fallback) }
        output.append(raw: "null")
    }

    private func isAllowed(_ value: JSONataView, _ allowed: Int) -> Bool {
        if shape.form.index(of: value, in: allowed) >= 0 { return true }
        guard value.kind != .string, let text = value.plainText else { return false }
        return shape.groups[allowed].contains(text)
    }

    private func unified(_ value: JSONataView, _ map: ModelShape.Map) -> String? {
        let index = shape.form.index(of: value, in: map.natives)
        if index >= 0 { return map.values[index] }
        guard value.kind != .string, let text = value.plainText else { return nil }
        return shape.groups[map.natives].firstIndex(of: text).map { map.values[$0] }
    }

    private mutating func warn(_ message: String, _ path: JSONataFormPath) {
        warnings.append((path.pointer, message))
    }
}
