import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct OAuth2FlowTests {
    private let client = OAuthClient(id: "client 1", secret: Secret("s&cret"))

    private func flow(_ changes: JSONValue = [:], variables: JSONObject = ["host": "login.acme.example"]) throws
        -> OAuth2Flow
    {
        let oauth: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://{{host}}/authorize?request=1",
            "token_url": "https://{{host}}/token", "scopes": ["a", "b"], "authorize_params": ["prompt": "consent"],
            "token_response": ["keep": ["instance_url": "instance_url"]],
        ]
        let document = JSONValue.object([
            "name": "acme", "hosts": ["*.acme.example"], "http": ["base_url": "https://api.acme.example"],
            "auth": .object(["oauth2": oauth.overlaid(by: changes)]),
        ])
        return try OAuth2Flow(
            connector: ConnectorDocument(document),
            method: "oauth2",
            variables: variables
        )
    }

    private func form(_ request: OutboundRequest) -> [String: String] {
        var items: [String: String] = [:]
        for item in String(decoding: request.body ?? [], as: UTF8.self).split(separator: "&") {
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            items[halves[0].removingPercentEncoding ?? ""] = halves[1].removingPercentEncoding
        }
        return items
    }

    @Test func `the authorize address has all that RFC 6749 and 7636 want`() throws {
        let key = try ProofKey(verifier: "verifier", digests: ToyDigests())
        let url = try flow().authorizeURL(
            client: client,
            redirectURI: "https://us.example/cb?x=1",
            state: "st",
            proofKey: key
        )
        #expect(
            url == "https://login.acme.example/authorize?request=1&response_type=code&client_id=client%201"
                + "&redirect_uri=https%3A%2F%2Fus.example%2Fcb%3Fx%3D1&state=st&scope=a%20b"
                + "&code_challenge=\(key.challenge)&code_challenge_method=S256&prompt=consent"
        )
        #expect(!url.contains("verifier"))
    }

    @Test func `a proof key is needed unless the connector says otherwise`() throws {
        #expect(throws: Problem.self) {
            try flow().authorizeURL(client: client, redirectURI: "https://us.example", state: "s", proofKey: nil)
        }
        let url = try flow(["pkce": "off"]).authorizeURL(
            client: client,
            redirectURI: "https://us.example",
            state: "s",
            proofKey: nil
        )
        #expect(!url.contains("code_challenge"))
        #expect(throws: ConnectorConfigError.self) { try flow(["pkce": "plain"]) }
    }

    @Test func `optional scopes go in their own parameter where there is one`() throws {
        let changes: JSONValue = ["optional_scopes": ["c"], "optional_scope_param": "optional_scope", "pkce": "off"]
        let url = try flow(changes).authorizeURL(
            client: client,
            redirectURI: "https://us.example",
            state: "s",
            proofKey: nil
        )
        #expect(url.contains("optional_scope=c&scope=a%20b"))
    }

    @Test func `a code is exchanged on a fresh connection with the secret in the body`() throws {
        let request = try flow().codeExchange(
            client: client,
            code: Secret("c0de"),
            redirectURI: "https://us.example",
            verifier: Secret("v"),
            identity: ConnectionIdentity(partition: "p")
        )
        #expect(request.url == "https://login.acme.example/token")
        #expect(request.replay == .never)
        #expect(request.redirects == .none)
        #expect(
            form(request) == [
                "grant_type": "authorization_code", "code": "c0de", "redirect_uri": "https://us.example",
                "code_verifier": "v", "client_id": "client 1", "client_secret": "s&cret",
            ]
        )
        #expect(!request.url.contains("c0de"))
    }

    @Test func `the client can show itself by Basic, and the body can be JSON`() throws {
        let request = try flow(["client_auth": "basic", "body_format": "json", "refresh_params": ["x": "{{host}}"]])
            .refresh(client: client, refreshToken: Secret("r"), identity: ConnectionIdentity(partition: "p"))
        #expect(request.headers[.authorization] == "Basic " + Data("client%201:s%26cret".utf8).base64EncodedString())
        #expect(request.json == ["grant_type": "refresh_token", "refresh_token": "r", "x": "login.acme.example"])
    }

    @Test(arguments: [
        "evil.example", "evil.example/x?", "login.acme.example:8443", "u@login.acme.example", "a b", "acme.example",
    ])
    func `an address outside of the connector's hosts is refused`(host: String) throws {
        #expect(throws: Problem.self) {
            try flow(variables: ["host": .string(host)])
                .refresh(client: client, refreshToken: Secret("r"), identity: ConnectionIdentity(partition: "p"))
        }
    }

    @Test func `a grant is read with its lifetime, scopes and variables`() throws {
        let answer = InboundResponse.json([
            "access_token": "at", "refresh_token": "rt", "expires_in": "3600", "scope": "a b", "token_type": "Bearer",
            "instance_url": "https://one.acme.example",
        ])
        guard case .granted(let grant) = try flow().outcome(of: answer) else {
            Issue.record("no grant")
            return
        }
        #expect(grant.accessToken.reveal() == "at")
        #expect(grant.refreshToken?.reveal() == "rt")
        #expect(grant.lifetime == .seconds(3600))
        #expect(grant.scopes == ["a", "b"])
        #expect(grant.variables == ["instance_url": "https://one.acme.example"])
        #expect(!"\(grant)".contains("at\""))
    }

    @Test func `an answer without lifetime or refresh token leaves both to the connector and the old grant`() throws {
        guard case .granted(let grant) = try flow(["expiry_default": 7200]).outcome(of: .json(["access_token": "at"]))
        else {
            Issue.record("no grant")
            return
        }
        #expect(grant.lifetime == .seconds(7200))
        #expect(grant.refreshToken == nil)
    }

    @Test(arguments: [
        (400, "invalid_grant", TokenRefusal.Kind.permanent), (400, "invalid_client", .misconfigured),
        (401, "invalid_client", .misconfigured), (400, "slow_down", .temporary), (500, "invalid_grant", .temporary),
        (429, "invalid_grant", .temporary), (503, "", .temporary), (200, "", .temporary),
    ])
    func `only a dead grant sends the user back to connect`(status: Int, code: String, kind: TokenRefusal.Kind) throws {
        let body: JSONValue = code.isEmpty ? [:] : ["error": .string(code), "error_description": "why"]
        guard case .refused(let refusal) = try flow().outcome(of: .json(body, status: status)) else {
            Issue.record("a grant")
            return
        }
        #expect(refusal.kind == kind)
        #expect(refusal.status == status)
    }

    @Test func `an answer that is not JSON is no reason to give up the grant`() throws {
        let answer = InboundResponse(status: 400, body: Array("<html>invalid_grant".utf8))
        guard case .refused(let refusal) = try flow().outcome(of: answer) else {
            Issue.record("a grant")
            return
        }
        #expect(refusal.kind == .temporary)
    }
}

struct VerificationFlowTests {
    private func flow() throws -> VerificationFlow {
        let document: JSONValue = [
            "name": "acme", "hosts": ["*.acme.example"], "http": ["base_url": "https://{{sub}}.acme.example/v1"],
            "auth": [
                "key": [
                    "kind": "basic", "fields": ["api_key": ["type": "secret"]],
                    "username": "{{credentials.api_key}}", "password": "x",
                    "verify": ["path": "/me", "message": "no such key", "keep": ["company": "company.id"]],
                ]
            ],
        ]
        return try #require(
            VerificationFlow(connector: ConnectorDocument(document), method: "key", variables: ["sub": "one"])
        )
    }

    @Test func `credentials are tried with the vendor's own request`() throws {
        let access = UsableAccess(method: "key", values: ["api_key": Secret("k3y")])
        let request = try flow().request(access: access, partition: "p")
        #expect(request.url == "https://one.acme.example/v1/me")
        #expect(request.headers[.authorization] == "Basic " + Data("k3y:x".utf8).base64EncodedString())
        #expect(throws: Problem.self) {
            try flow().request(access: UsableAccess(method: "key", values: [:]), partition: "p")
        }
    }

    @Test func `an answer accepts, rejects or leaves open`() throws {
        guard case .accepted(_, let variables) = try flow().outcome(of: .json(["company": ["id": "7"]])) else {
            Issue.record("not accepted")
            return
        }
        #expect(variables == ["company": "7"])
        guard case .rejected(let message) = try flow().outcome(of: InboundResponse(status: 401)) else {
            Issue.record("not rejected")
            return
        }
        #expect(message == "no such key")
        guard case .unknown(let problem) = try flow().outcome(of: InboundResponse(status: 503)) else {
            Issue.record("not open")
            return
        }
        #expect(problem.code == .remoteUnavailable)
    }
}
