import ConnectorConfig
import JSONValue

extension CustomFieldsConfig {
    /// The custom fields of a native record; nil when the record has no place for them.
    func fields(of record: JSONValue) -> JSONObject? {
        guard case .object(let members)? = path.value(in: record) else { return nil }
        return JSONObject(
            members.lazy
                .filter { covers($0.key) }
                .map { ($0.key, $0.value) }
        )
    }
}
