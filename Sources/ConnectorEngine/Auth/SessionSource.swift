import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// Sessions by requests of the vendor's own kind: kept alive while they can be, opened anew when they cannot.
struct SessionSource: TokenSource {
    let config: SessionLoginConfig
    let context: TokenContext

    /// The value in which sessions are remembered that may still be open besides the current one.
    private static let others = "open_sessions"
    /// The value that tells when the current session was opened, in seconds since 1970.
    private static let opened = "session_opened"

    var client: ClientOrigin { .integrationIfAny }
    var renewal: RenewalConfig { config.renewal }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        SessionAttempt(source: self, material: material)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        guard config.revokesOnDelete, let logout = config.logout else { return [] }
        return try open(material).map { try request(logout, material, session: $0) }
    }

    /// The sessions that may be open, the oldest first.
    func open(_ material: TokenMaterial) -> [String] {
        let others = material.values[Self.others].flatMap { try? JSONValue(parsing: Array($0.utf8)) }?.array ?? []
        return others.compactMap(\.string) + [material.values["access_token"]].compactMap { $0 }
    }

    /// Whether the current session is young enough to be kept alive.
    func mayKeepAlive(_ material: TokenMaterial) -> Bool {
        guard !material.isSpent, material.values["access_token"] != nil, let keepAlive = config.keepAlive else {
            return false
        }
        guard let ageMax = keepAlive.ageMax else { return true }
        guard let opened = material.values[Self.opened].flatMap(Double.init) else { return false }
        return Double(material.tools.now()) - opened < ageMax / .seconds(1)
    }

    /// A request of the document, with the account's credentials in sight.
    ///
    /// `session`: the session that it is about, which is put in as requests carry it.
    func request(
        _ template: RequestTemplate,
        _ material: TokenMaterial,
        steps: JSONObject = [:],
        session: String? = nil
    ) throws -> OutboundRequest {
        var material = material
        if let session { material.values["access_token"] = session }
        let scope = ExpressionScope([
            "context": .object(context.variables), "credentials": material.credentials, "steps": .object(steps),
        ])
        var native = try RequestBuilder(connector: context.connector, scope: scope).request(template)
        native.isIdempotent = false
        if session != nil, !native.needsNoAuth {
            native.credentials = try InjectedValues(
                headers: context.injection.headers,
                query: context.injection.query,
                members: context.injection.body
            ) { try text($0, scope) }
        }
        var outbound = try native.outbound(connector: context.connector, identity: material.identity)
        outbound.totalTimeout = .seconds(10)
        outbound.responseBytesMax = 1_048_576
        return outbound
    }

    private func text(_ expression: Expression, _ scope: ExpressionScope) throws -> String {
        guard let text = try? expression.text(in: scope) else {
            throw Problem(.credentialUnavailable, "the account's credentials are incomplete")
        }
        return text
    }

    /// What the last answer of a login gives.
    func grant(
        _ response: InboundResponse,
        body: JSONValue,
        steps: JSONObject,
        material: TokenMaterial,
        others: [String]
    ) throws -> TokenGrant {
        let scope = ResponseScope.scope(response, body: body).adding("steps", .object(steps))
            .adding("context", .object(context.variables))
        func value(_ expression: Expression, _ word: String) throws -> JSONValue? {
            do { return try expression.value(in: scope) } catch {
                throw Problem(.configInvalid, "extract/\(word): \(error.message)", underlying: error)
            }
        }
        guard let token = try value(config.token, "token")?.plainText, !token.isEmpty else {
            throw Problem(.remoteBadResponse, "the vendor's answer to the login has no session")
        }
        var grant = TokenGrant(accessToken: Secret(token), lifetime: config.renewal.expiryDefault)
        if let expiry = try config.expiry.flatMap({ try value($0, "expiry") })?.plainText {
            apply(expiry: expiry, to: &grant)
        }
        for item in config.extra {
            if let text = try value(item.expression, "extra")?.plainText { grant.values[item.name] = Secret(text) }
        }
        for item in config.keep {
            if let kept = try value(item.expression, "keep"), !kept.isNull { grant.variables[item.name] = kept }
        }
        grant.values[Self.opened] = Secret(String(material.tools.now()))
        if config.sessionsMax != nil {
            grant.values[Self.others] = Secret(JSONValue.array(others.map(JSONValue.string)).text())
        }
        return grant
    }

    /// The session that was kept alive, with a new end.
    func prolonged(_ material: TokenMaterial) -> TokenGrant {
        let lifetime = material.values["token_lifetime"].flatMap(Int.init).map { Duration.seconds($0) }
        return TokenGrant(
            accessToken: Secret(material.values["access_token"] ?? ""),
            lifetime: lifetime ?? config.renewal.expiryDefault
        )
    }

    /// Seconds from now, or else a moment.
    private func apply(expiry text: String, to grant: inout TokenGrant) {
        if let seconds = Double(text), (1...315_360_000).contains(seconds) {
            grant.lifetime = .seconds(Int(seconds))
        } else {
            grant.end = TokenEnd.moment(text)
        }
    }
}

/// A session's renewal.
///
/// ```
/// keep alive? -- done -> granted again
///      | refused or not possible
/// log out the oldest, while there are as many as may be
///      |
/// step, step, ... -> granted, or refused by the first that is
/// ```
private struct SessionAttempt: TokenAttempt {
    private enum Stage: Sendable {
        case begun
        case keepingAlive
        case loggingOut
        case loggingIn(Int)
    }

    private let source: SessionSource
    private let material: TokenMaterial
    private var open: [String]
    private var steps = JSONObject()
    private var stage = Stage.begun

    init(source: SessionSource, material: TokenMaterial) {
        self.source = source
        self.material = material
        open = source.config.sessionsMax == nil ? [] : source.open(material)
    }

    mutating func next(after answer: InboundResponse?) throws -> TokenStep {
        switch (stage, answer) {
        case (.keepingAlive, let answer?):
            let body = Self.body(answer)
            if (200...299).contains(answer.status), !judge.isRefusal(answer, body, context: source.context.variables) {
                return .done(.granted(source.prolonged(material)))
            }
            return try makeRoom()
        case (.loggingIn(let index), let answer?): return try read(answer, index)
        case (.loggingOut, .some): return try makeRoom()
        default:
            guard source.mayKeepAlive(material), let keepAlive = source.config.keepAlive else { return try makeRoom() }
            stage = .keepingAlive
            return .send(
                try source.request(keepAlive.request, material, session: material.values["access_token"])
            )
        }
    }

    private var judge: TokenJudge { TokenJudge(config: source.config.error) }

    /// Whatever the vendor answers to a logout, the session is not counted any more.
    private mutating func makeRoom() throws -> TokenStep {
        if let most = source.config.sessionsMax, let logout = source.config.logout, open.count >= most {
            stage = .loggingOut
            return .send(try source.request(logout, material, session: open.removeFirst()))
        }
        return try step(0)
    }

    private mutating func step(_ index: Int) throws -> TokenStep {
        stage = .loggingIn(index)
        return .send(try source.request(source.config.steps[index].request, material, steps: steps))
    }

    private mutating func read(_ answer: InboundResponse, _ index: Int) throws -> TokenStep {
        let step = source.config.steps[index]
        let variables = source.context.variables
        let format = step.request.answer.format ?? source.context.connector.http.responseFormat
        let isUsual = (200...299).contains(answer.status)
        let reader = BodyReader(format: format)
        let body = isUsual ? (try? reader.document(answer)?.root.value) ?? .null : reader.errorBody(answer)
        guard isUsual, !judge.isRefusal(answer, body, context: variables) else {
            return .done(.refused(judge.refusal(answer, body: body, context: variables)))
        }
        steps[step.id] = .object(ResponseScope.scope(answer, body: body).root)
        if index + 1 < source.config.steps.count { return try self.step(index + 1) }
        return .done(
            .granted(try source.grant(answer, body: body, steps: steps, material: material, others: open))
        )
    }

    private static func body(_ answer: InboundResponse) -> JSONValue {
        (try? JSONValue(parsing: answer.body, policy: .vendor)) ?? .null
    }
}
