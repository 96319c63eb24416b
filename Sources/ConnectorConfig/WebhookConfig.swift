import JSONValue

/// How a vendor tells of changes: how it is asked to, how its words are proved, and what they mean.
///
/// Read and checked here; the service that receives a vendor's calls carries it out.
package struct WebhookConfig: Sendable {
    static let keys = [
        "register", "renew", "delete", "verify", "challenge", "route_to_account", "events", "fetch_full", "ack",
        "ordering_key", "polling",
    ]

    /// A call that makes, renews or ends a subscription.
    package struct Subscription: Sendable {
        /// The call; sees `url` (where events are to go), `secret`, `events`, `subscription` (what was kept), `context`.
        package let request: StepRequestConfig
        /// What is kept of the answer, visible as `subscription`.
        package let keep: [(name: String, path: DocumentPath)]
        /// How long it lasts.
        package let lifetime: Duration?
    }

    /// The answer to a vendor that asks whether the address is ours.
    package struct Challenge: Sendable {
        /// Whether a call is one; sees `method`, `query`, `headers`, `body`.
        package let condition: Expression
        /// The status of the answer.
        package let status: Int
        /// Its body, as text or JSON.
        package let body: Expression?
        /// Header fields.
        package let headers: [NamedExpression]
    }

    /// How the account is found that an event is about, where the address does not say.
    package struct AccountRoute: Sendable {
        /// What the event says; sees what `events` sees.
        package let value: Expression
        /// The variable of an account that must equal it.
        package let variable: String
    }

    /// The usual answer.
    package struct Acknowledgement: Sendable {
        /// Its status.
        package let status: Int
        /// Its body.
        package let body: String?
    }

    /// What is asked where the vendor does not tell.
    package struct Polling: Sendable {
        /// The unified resources, as `category/resource`.
        package let resources: [String]
        /// How often.
        package let interval: Duration
    }

    /// Makes the subscription; nil where the vendor's own settings do.
    package let register: Subscription?
    /// Renews it.
    package let renew: Subscription?
    /// Ends it.
    package let delete: Subscription?
    /// How a call is proved to be the vendor's.
    package let verification: WebhookVerification
    /// The vendor's question whether the address is ours.
    package let challenge: Challenge?
    /// How the account is found; by the address of the call, if nil.
    package let route: AccountRoute?
    /// What happened: a list of `{type, resource, id, occurred_at, partial, dedupe_id}`; sees `body`, `headers`, `query`.
    package let events: Expression
    /// Resources whose events hold too little, so that the record is got.
    package let fetchFull: [String]
    /// The answer to a good call.
    package let acknowledgement: Acknowledgement
    /// What events must be kept in order by; sees `event`.
    package let orderingKey: Expression?
    /// What is asked where nothing is told.
    package let polling: Polling?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(Self.keys)
        register = try reader.child("register").map(Subscription.init(reading:))
        renew = try reader.child("renew").map(Subscription.init(reading:))
        delete = try reader.child("delete").map(Subscription.init(reading:))
        if register == nil, let place = reader.child("renew") ?? reader.child("delete") {
            throw place.error("there is no subscription to renew or delete without 'register'")
        }
        verification = try WebhookVerification(reading: reader.required("verify"))
        challenge = try reader.child("challenge").map(Challenge.init(reading:))
        let route = reader.child("route_to_account")
        try route?.allow(["value", "variable"])
        self.route = try route.map { (place: DocumentReader) throws(ConnectorConfigError) in
            AccountRoute(
                value: try place.required("value").condition(),
                variable: try place.required("variable").string()
            )
        }
        events = try reader.required("events").condition()
        fetchFull = try reader.child("fetch_full")?.strings() ?? []
        let ack = reader.child("ack")
        try ack?.allow(["status", "body"])
        acknowledgement = Acknowledgement(
            status: try ack?.child("status")?.int(200...299) ?? 200,
            body: try ack?.child("body")?.string()
        )
        orderingKey = try reader.child("ordering_key")?.condition()
        let polling = reader.child("polling")
        try polling?.allow(["resources", "interval_seconds"])
        self.polling = try polling.map { (place: DocumentReader) throws(ConnectorConfigError) in
            Polling(
                resources: try place.required("resources").strings(),
                interval: try place.required("interval_seconds").int(60...86_400).seconds
            )
        }
    }

    /// The native calls that are named.
    var calls: [StepRequestConfig] { [register, renew, delete].compactMap { $0?.request } }
}

extension WebhookConfig.Subscription {
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["request", "keep", "lifetime_seconds"])
        request = try StepRequestConfig(reading: reader.required("request"))
        var keep: [(name: String, path: DocumentPath)] = []
        for (name, member) in try reader.child("keep")?.members() ?? [] {
            keep.append((name, DocumentPath(try member.string())))
        }
        self.keep = keep
        lifetime = try reader.child("lifetime_seconds")?.int(60...31_536_000).seconds
    }
}

extension WebhookConfig.Challenge {
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["when", "status", "body", "headers"])
        condition = try reader.required("when").condition()
        status = try reader.child("status")?.int(200...299) ?? 200
        body = try reader.child("body")?.expression()
        headers = try reader.child("headers")?.expressions() ?? []
    }
}

/// How a call is proved to be the vendor's.
package struct WebhookVerification: Sendable {
    /// The ways.
    package enum Kind: String, Sendable, CaseIterable {
        /// A keyed digest over parts of the call.
        case hmac
        /// A signed token.
        case jwt
        case basic, bearer
        /// A signature by a key whose public half is known.
        case asymmetric
        /// Where the call comes from.
        case ip
        /// The address itself is secret.
        case tokenInPath = "token_in_path"
        /// The vendor's client certificate.
        case mtls
        /// Nothing proves it; each event is taken as a hint, and its record is got.
        case none
    }

    /// How the signature is written.
    package enum Encoding: String, Sendable, CaseIterable {
        case hex, base64
    }

    /// The digests that vendors sign with.
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha1, sha256, sha512, ed25519
    }

    /// Whose secret it is.
    package enum SecretSource: String, Sendable, CaseIterable {
        case app, environment, account
    }

    /// The way.
    package let kind: Kind
    /// What is signed, joined in order; each sees `body` (as text), `headers`, `query`, `url`, `method`.
    package let parts: [Expression]
    /// The digest.
    package let algorithm: Algorithm
    /// How the signature is written.
    package let encoding: Encoding
    /// The header field that has it, in lower case.
    package let header: String?
    /// What stands in front of it.
    package let prefix: String?
    /// When the vendor signed, for `tolerance`; sees what the parts see.
    package let timestamp: Expression?
    /// How old a call may be.
    package let tolerance: Duration?
    /// Whose secret it is.
    package let source: SecretSource
    /// The name of the secret among those of its source.
    package let secret: String?
    /// The public key in PEM, or the address of a key set.
    package let publicKey: String?
    /// The networks that calls come from.
    package let ranges: [String]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow([
            "kind", "parts", "algorithm", "encoding", "header", "prefix", "timestamp", "tolerance_seconds",
            "secret_source", "secret", "public_key", "ranges",
        ])
        kind = try reader.required("kind").choice(Kind.self)
        var parts: [Expression] = []
        for element in reader.child("parts")?.elements() ?? [] { parts.append(try element.expression()) }
        self.parts = parts
        algorithm = try reader.child("algorithm")?.choice(Algorithm.self) ?? .sha256
        encoding = try reader.child("encoding")?.choice(Encoding.self) ?? .hex
        header = try reader.child("header")?.string().lowercased()
        prefix = try reader.child("prefix")?.string()
        timestamp = try reader.child("timestamp")?.expression()
        tolerance = try reader.child("tolerance_seconds")?.int(1...86_400).seconds
        source = try reader.child("secret_source")?.choice(SecretSource.self) ?? .app
        secret = try reader.child("secret")?.string()
        publicKey = try reader.child("public_key")?.string()
        ranges = try reader.child("ranges")?.strings() ?? []
        for word in kind.needs { _ = try reader.required(word) }
        if tolerance != nil, timestamp == nil { _ = try reader.required("timestamp") }
    }
}

extension WebhookVerification.Kind {
    /// The words that the way cannot do without.
    fileprivate var needs: [String] {
        switch self {
        case .hmac: ["parts", "header", "secret"]
        case .asymmetric: ["parts", "header", "public_key"]
        case .jwt: ["header", "public_key"]
        case .basic, .bearer: ["secret"]
        case .ip: ["ranges"]
        case .tokenInPath, .mtls, .none: []
        }
    }
}
