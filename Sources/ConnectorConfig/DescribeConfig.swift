import JSONValue

/// How an account's own fields are asked for: custom fields, labels, options, and what the account requires.
package struct DescribeConfig: Sendable {
    /// What is asked; their values are visible as `steps.<id>`.
    package let steps: [StepConfig]
    /// The one call whose answer is `response`, in place of steps.
    package let request: StepRequestConfig?
    /// A list of descriptors; sees `response` and `steps`.
    package let fields: MappingStack
    /// How long the answer is kept for the account.
    package let lifetime: Duration

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["request", "steps", "fields_mapping", "ttl_seconds"])
        request = try reader.child("request").map(StepRequestConfig.init(reading:))
        steps = try StepConfig.all(reading: reader.child("steps"))
        fields = try reader.required("fields_mapping").mapping()
        lifetime = try reader.child("ttl_seconds")?.int(0...86_400).seconds ?? .seconds(600)
        guard request != nil || !steps.isEmpty else { throw reader.error("write a 'request' or 'steps'") }
    }

    /// The native calls that it makes.
    var calls: [StepRequestConfig] {
        (request.map { [$0] } ?? []) + steps.flatMap(\.calls)
    }
}
