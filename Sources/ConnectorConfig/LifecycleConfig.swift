import JSONValue

/// What is done with the vendor when an account comes, comes again, or goes.
package struct LifecycleConfig: Sendable {
    static let keys = ["post_install", "reconnect", "pre_delete", "post_connect_form"]

    /// Steps after a new account has credentials that work.
    package let postInstall: LifecycleHook?
    /// Steps after an account was connected again; those of a new account if nil.
    package let reconnect: LifecycleHook?
    /// Variables that must be the same when an account is connected again.
    package let sameOnReconnect: [String]
    /// Steps before an account's credentials are forgotten.
    package let preDelete: LifecycleHook?
    /// What the user is asked once the account is connected.
    package let form: PostConnectForm?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        postInstall = try reader.child("post_install").map(LifecycleHook.init(reading:))
        preDelete = try reader.child("pre_delete").map(LifecycleHook.init(reading:))
        let again = reader.child("reconnect")
        reconnect = try again.map { (place: DocumentReader) throws(ConnectorConfigError) in
            try LifecycleHook(reading: place, more: ["same"])
        }
        sameOnReconnect = try again?.child("same")?.strings() ?? []
        form = try reader.child("post_connect_form").map(PostConnectForm.init(reading:))
    }

    /// The native calls that are named.
    var calls: [StepRequestConfig] {
        [postInstall, reconnect, preDelete].flatMap { $0?.steps.flatMap(\.calls) ?? [] }
            + (form?.fields.compactMap(\.source?.call) ?? [])
    }
}

/// Steps at one moment of an account's life.
package struct LifecycleHook: Sendable {
    /// What is done, in order; sees `context`, which has the account's variables.
    package let steps: [StepConfig]
    /// Variables that are kept of it; see `steps`, `context`.
    package let variables: [NamedExpression]
    /// Most native calls.
    package let callBudget: Int
    /// Whether a failure is passed over.
    package let ignoresFailure: Bool

    private enum OnError: String, CaseIterable {
        case fail, ignore
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try self.init(reading: reader, more: [])
    }

    fileprivate init(reading reader: DocumentReader, more: [String]) throws(ConnectorConfigError) {
        try reader.allow(["steps", "variables", "call_budget", "on_error"] + more)
        steps = try StepConfig.all(reading: reader.child("steps"))
        variables = try reader.child("variables")?.expressions() ?? []
        callBudget = try reader.child("call_budget")?.int(1...200) ?? 20
        ignoresFailure = try reader.child("on_error")?.choice(OnError.self) == .ignore
    }
}

/// A form for what can only be asked when the account is connected, such as which of the vendor's lists counts.
package struct PostConnectForm: Sendable {
    /// One question.
    package struct Field: Sendable {
        /// How it is asked; its name is that of the variable that is kept.
        package let variable: VariableConfig
        /// Where the choices come from; those of the variable if nil.
        package let source: OptionSource?
        /// Fields that must have a value first.
        package let dependsOn: [String]
        /// Whether an answer is good; sees `value`, `context`.
        package let validation: Expression?
        /// What the user is told when it is not.
        package let message: String?
    }

    /// Choices that the vendor gives.
    package struct OptionSource: Sendable {
        /// The call; sees the answers so far in `context`.
        package let call: StepRequestConfig
        /// Where each record of the answer has the value that is kept.
        package let value: DocumentPath
        /// Where it has what the user reads.
        package let label: DocumentPath
        /// Most choices.
        package let max: Int
    }

    /// What stands above the form.
    package let title: String?
    /// What stands below that.
    package let lead: String?
    /// The questions, in order.
    package let fields: [Field]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["title", "lead", "fields"])
        title = try reader.child("title")?.string()
        lead = try reader.child("lead")?.string()
        var fields: [Field] = []
        for (name, member) in try reader.required("fields").members() {
            fields.append(try Field(name: name, reading: member))
        }
        self.fields = fields
        for field in fields {
            for name in field.dependsOn where !fields.contains(where: { $0.variable.name == name }) {
                throw reader.error("'\(field.variable.name)' depends on '\(name)', which the form does not ask")
            }
        }
    }
}

extension PostConnectForm.Field {
    private static let keys = ["data_source", "depends_on", "validate", "validation_message"]

    init(name: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        variable = try VariableConfig(name: name, reading: reader, more: Self.keys)
        let source = reader.child("data_source")
        try source?.allow(["request", "value", "label", "max"])
        self.source = try source.map { (place: DocumentReader) throws(ConnectorConfigError) in
            PostConnectForm.OptionSource(
                call: try StepRequestConfig(reading: place.required("request")),
                value: DocumentPath(try place.child("value")?.string() ?? "id"),
                label: DocumentPath(try place.child("label")?.string() ?? "name"),
                max: try place.child("max")?.int(1...1000) ?? 200
            )
        }
        if let source, variable.kind != .select, variable.kind != .multiSelect {
            throw source.error("only a select or multi_select has choices")
        }
        dependsOn = try reader.child("depends_on")?.strings() ?? []
        validation = try reader.child("validate")?.condition()
        message = try reader.child("validation_message")?.string()
    }
}
