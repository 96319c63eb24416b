import ConnectorConfig
import JSONValue

extension CustomFieldsConfig {
    /// The custom fields of a native record; nil when the record has no place for them.
    func fields(of record: JSONValue) -> JSONObject? {
        guard case .object(let members)? = path.value(in: record) else { return nil }
        return JSONObject(
            members.lazy
                .filter { member in
                    !except.contains(member.key) && (keys.isEmpty || keys.contains { $0.matches(member.key) })
                }
                .map { ($0.key, $0.value) }
        )
    }
}
