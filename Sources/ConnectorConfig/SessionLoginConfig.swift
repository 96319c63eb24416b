import JSONValue

/// A session that a user's name and password, or anything else, are exchanged for by requests of the vendor's own kind.
///
/// Expressions of the requests see `credentials`, `context` and `steps.<id>` with the `response`, `status` and `headers`
/// of the steps before; those of `extract` see the same, and the last answer as `response`, `status` and `headers`.
package struct SessionLoginConfig: Sendable {
    /// One request of a login.
    package struct Step: Sendable {
        /// Names its answer for the steps after it.
        package let id: String
        /// The request; its path hangs on the connector's base URL.
        package let request: RequestTemplate
    }

    /// What keeps a session alive.
    package struct KeepAlive: Sendable {
        /// The request.
        package let request: RequestTemplate
        /// How old a session may become in all; any age if nil.
        package let ageMax: Duration?
    }

    static let keys =
        RenewalConfig.keys + [
            "steps", "extract", "token_error", "keepalive", "logout", "invalid_session", "max_sessions",
            "revoke_on_delete",
        ]

    /// The requests, one after the other.
    package let steps: [Step]
    /// The session's token.
    package let token: Expression
    /// When the session ends: seconds from now, or a moment.
    package let expiry: Expression?
    /// Further secrets of the session, such as a second token.
    package let extra: [NamedExpression]
    /// Variables to keep with the account.
    package let keep: [NamedExpression]
    /// Which answers are refusals, and what they mean.
    package let error: TokenErrorConfig
    /// What keeps a session alive.
    package let keepAlive: KeepAlive?
    /// What ends a session.
    package let logout: RequestTemplate?
    /// How many sessions may be open at once; any number if nil.
    package let sessionsMax: Int?
    /// Whether the session is ended when its account is deleted.
    package let revokesOnDelete: Bool
    /// How the session is kept fresh.
    package let renewal: RenewalConfig

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        var steps: [Step] = []
        for element in try reader.required("steps").elements() {
            try element.allow(RequestTemplate.keys + ["id"])
            let id = try element.child("id")?.string() ?? "step\(steps.count + 1)"
            guard !steps.contains(where: { $0.id == id }) else { throw element.error("two steps are named '\(id)'") }
            steps.append(Step(id: id, request: try RequestTemplate(reading: element)))
        }
        guard (1...5).contains(steps.count) else {
            throw try reader.required("steps").error("a login has 1 to 5 steps, not \(steps.count)")
        }
        self.steps = steps
        let extract = try reader.required("extract")
        try extract.allow(["token", "expiry", "extra", "keep"])
        token = try extract.required("token").expression()
        expiry = try extract.child("expiry")?.expression()
        extra = try extract.child("extra")?.expressions() ?? []
        keep = try extract.child("keep")?.expressions() ?? []
        for name in ["access_token", "refresh_token", "method"] where extra.contains(where: { $0.name == name }) {
            throw try extract.required("extra").error("'\(name)' is a name of ours; choose another one")
        }
        error = try TokenErrorConfig(reading: reader.child("token_error"), permanent: [])
        logout = try Self.request(reader.child("logout"))
        keepAlive = try Self.keepAlive(reader.child("keepalive"))
        sessionsMax = try reader.child("max_sessions")?.int(1...100)
        revokesOnDelete = try reader.child("revoke_on_delete")?.bool() ?? false
        renewal = try RenewalConfig(reading: reader)
        for word in ["max_sessions", "revoke_on_delete"] {
            if let reader = reader.child(word), logout == nil { throw reader.error("it needs a 'logout' request") }
        }
        if let reader = reader.child("keepalive"), expiry == nil, renewal.expiryDefault == nil {
            throw reader.error("say how long a session lives without it: 'extract.expiry' or 'expiry_default'")
        }
    }

    private static func request(_ reader: DocumentReader?) throws(ConnectorConfigError) -> RequestTemplate? {
        guard let reader else { return nil }
        try reader.allow(RequestTemplate.keys)
        return try RequestTemplate(reading: reader)
    }

    private static func keepAlive(_ reader: DocumentReader?) throws(ConnectorConfigError) -> KeepAlive? {
        guard let reader else { return nil }
        try reader.allow(RequestTemplate.keys + ["max_age_seconds"])
        return KeepAlive(
            request: try RequestTemplate(reading: reader),
            ageMax: try reader.child("max_age_seconds")?.int(60...31_536_000).seconds
        )
    }
}
