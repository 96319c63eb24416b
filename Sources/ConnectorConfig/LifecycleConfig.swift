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
            + (form?.calls ?? [])
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
