import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// One request to a token endpoint, and where the document says so one more that looks into the token (RFC 7662).
struct EndpointAttempt: TokenAttempt {
    private enum Stage: Sendable {
        case asking
        case lookingInto(TokenGrant)
    }

    private let endpoint: TokenEndpoint
    private let request: OutboundRequest
    private let material: TokenMaterial
    private var stage = Stage.asking

    /// `needsClient`: whether a client must be there to prove itself.
    init(
        _ endpoint: TokenEndpoint,
        _ items: [(name: String, value: String)],
        to url: Expression,
        _ material: TokenMaterial,
        needsClient: Bool = true
    ) throws {
        self.endpoint = endpoint
        self.material = material
        request = try endpoint.request(items, to: url, material, needsClient: needsClient)
    }

    mutating func next(after answer: InboundResponse?) throws -> TokenStep {
        guard let answer else { return .send(request) }
        switch stage {
        case .asking:
            let outcome = endpoint.outcome(of: answer)
            guard case .granted(let grant) = outcome,
                let request = try endpoint.introspection(of: grant.accessToken, material)
            else { return .done(outcome) }
            stage = .lookingInto(grant)
            return .send(request)
        case .lookingInto(let grant): return .done(Introspection.outcome(of: answer, for: grant))
        }
    }
}

/// What a token's own server says about it (RFC 7662 section 2.2).
enum Introspection {
    static func outcome(of answer: InboundResponse, for grant: TokenGrant) -> TokenOutcome {
        guard (200...299).contains(answer.status),
            let body = try? JSONValue(parsing: answer.body, policy: .vendor), let isActive = body["active"]
        else {
            return .refused(TokenRefusal(kind: .temporary, status: answer.status, code: "introspection_failed"))
        }
        guard isActive == .bool(true) else {
            return .refused(TokenRefusal(kind: .permanent, status: answer.status, code: "token_not_active"))
        }
        var told = grant
        if let end = body["exp"]?.plainText.flatMap(Double.init) { told.end = end }
        if let scope = body["scope"]?.string { told.scopes = scope.split(separator: " ").map(String.init) }
        return .granted(told)
    }
}

/// Several sources one after the other: what one obtains, the next one uses.
struct ChainedSource: TokenSource {
    struct Link: Sendable {
        let source: any TokenSource
        /// What its token is called besides `access_token`.
        let resultName: String?
    }

    let links: [Link]

    /// One for all links: the user's own where he typed one.
    var client: ClientOrigin {
        let origins = links.map(\.source.client)
        return origins.first { $0 == .account } ?? origins.first { $0 == .integration } ?? .integrationIfAny
    }
    var renewal: RenewalConfig { links[links.count - 1].source.renewal }
    var keepAlive: Duration? { links.compactMap(\.source.keepAlive).min() }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        ChainedAttempt(links: links, material: material)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        try links.flatMap { try $0.source.farewell(material) }
    }
}

/// Walks along a chain; the first refusal ends it.
private struct ChainedAttempt: TokenAttempt {
    private var links: ArraySlice<ChainedSource.Link>
    private var material: TokenMaterial
    private var current: (any TokenAttempt)?
    private var sum: TokenGrant?

    init(links: [ChainedSource.Link], material: TokenMaterial) {
        self.links = links[...]
        self.material = material
    }

    mutating func next(after answer: InboundResponse?) throws -> TokenStep {
        var answer = answer
        while let link = links.first {
            var attempt = try current ?? link.source.attempt(material)
            let step = try attempt.next(after: answer)
            guard case .done(.granted(let grant)) = step else {
                current = attempt
                return step
            }
            // The next link's beginning is another attempt's.
            answer = nil
            current = nil
            take(grant, link)
        }
        guard let sum else { throw Problem(.configInvalid, "the chain has no link that gives a token") }
        return .done(.granted(sum))
    }

    private mutating func take(_ grant: TokenGrant, _ link: ChainedSource.Link) {
        var joint = grant
        if let sum {
            let now = Double(material.tools.now())
            joint.end = [sum.end(grantedAt: now), grant.end(grantedAt: now)].compactMap { $0 }.min()
            joint.refreshToken = grant.refreshToken ?? sum.refreshToken
            joint.scopes = grant.scopes ?? sum.scopes
            joint.values = sum.values.merging(grant.values) { _, new in new }
            joint.variables = sum.variables
            for member in grant.variables { joint.variables[member.key] = member.value }
        }
        if let name = link.resultName { joint.values[name] = grant.accessToken }
        sum = joint
        material.values["access_token"] = grant.accessToken.reveal()
        for (name, value) in joint.values { material.values[name] = value.reveal() }
        links = links.dropFirst()
    }
}
