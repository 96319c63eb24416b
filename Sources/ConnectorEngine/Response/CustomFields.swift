import ConnectorConfig
import JSONValue

extension CustomFieldsConfig {
    /// The custom fields of a native record; nil when the record has no place for them.
    func fields(of record: JSONValue) -> JSONObject? {
        guard case .object(let members)? = path.value(in: record) else { return nil }
        return JSONObject(members.lazy.filter { covers($0.key) }.map { ($0.key, $0.value) })
    }

    /// The place of the custom fields in a native record; nil when the record has none.
    func node(in record: JSONNode) -> JSONNode? {
        var node: JSONNode? = record
        for name in path.names {
            guard let current = node else { return nil }
            node = current.kind == .array ? Int(name).flatMap { current[$0] } : current[name]
        }
        return node?.kind == .object ? node : nil
    }
}
