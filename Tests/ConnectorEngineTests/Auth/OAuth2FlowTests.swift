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

    private func world(_ changes: JSONValue = [:], variables: JSONObject = ["host": "login.acme.example"]) throws
        -> AuthWorld
    {
        let words: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://{{host}}/authorize?request=1",
            "token_url": "https://{{host}}/token", "scopes": ["a", "b"], "authorize_params": ["prompt": "consent"],
            "token_response": ["keep": ["instance_url": "instance_url"]],
        ]
        var world = try AuthWorld(words.overlaid(by: changes))
        world.variables = variables
        return world
    }

    private func flow(_ changes: JSONValue = [:]) throws -> OAuth2Flow {
        let world = try world(changes)
        return try OAuth2Flow(connector: world.document, method: "way", variables: world.variables)
    }

    private func refresh(_ world: AuthWorld) throws -> OutboundRequest {
        try world.request(["refresh_token": "r"], client: client)
    }

    private func outcome(_ answer: InboundResponse, _ changes: JSONValue = [:]) throws -> TokenOutcome? {
        try world(changes).outcome(answer, values: ["refresh_token": "r"], client: client)
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
        let plain = try flow(["pkce": "plain"]).authorizeURL(
            client: client,
            redirectURI: "https://us.example",
            state: "s",
            proofKey: ProofKey(verifier: "the-verifier", digests: ToyDigests())
        )
        #expect(plain.contains("code_challenge=the-verifier&code_challenge_method=plain"))
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
        let world = try world()
        let attempt = try flow().exchange(
            world.material(client: client),
            code: Secret("c0de"),
            redirectURI: "https://us.example",
            verifier: Secret("v")
        )
        let request = try #require(try world.run(attempt).requests.first)
        #expect(request.url == "https://login.acme.example/token")
        #expect(request.replay == .never)
        #expect(request.redirects.limit == 0)
        #expect(
            request.form == [
                "grant_type": "authorization_code", "code": "c0de", "redirect_uri": "https://us.example",
                "code_verifier": "v", "client_id": "client 1", "client_secret": "s&cret",
            ]
        )
        #expect(!request.url.contains("c0de"))
    }

    @Test func `the client can show itself by Basic, and the body can be JSON`() throws {
        let request = try refresh(
            world(["client_auth": "basic", "body_format": "json", "refresh_params": ["x": "{{host}}"]])
        )
        #expect(request.headers[.authorization] == "Basic " + Data("client%201:s%26cret".utf8).base64EncodedString())
        #expect(request.json == ["grant_type": "refresh_token", "refresh_token": "r", "x": "login.acme.example"])
    }

    @Test func `parameters may have other names, empty ones may be left out, and the browser may come back elsewhere`()
        throws
    {
        let changes: JSONValue = [
            "param_renames": ["client_id": "app_id", "code": "auth_code"], "skip_empty": true, "pkce": "off",
            "authorize_params": ["prompt": ""], "token_params": ["note": ""], "scopes": [],
            "redirect_uri": "https://hello.acme.example/back?to={{redirect_uri}}",
        ]
        let flow = try flow(changes)
        let back = try flow.redirectURI("https://us.example/cb")
        #expect(back == "https://hello.acme.example/back?to=https://us.example/cb")
        let url = try flow.authorizeURL(client: client, redirectURI: back, state: "s", proofKey: nil)
        #expect(url.contains("&app_id=client%201&"))
        #expect(!url.contains("prompt") && !url.contains("client_id"))
        let world = try world(changes)
        let attempt = try flow.exchange(
            world.material(client: client),
            code: Secret("c0de"),
            redirectURI: back,
            verifier: nil
        )
        let form = try #require(try world.run(attempt).requests.first).form
        #expect(form.keys.sorted() == ["app_id", "auth_code", "client_secret", "grant_type", "redirect_uri"])
    }

    @Test(arguments: [
        "evil.example", "evil.example/x?", "login.acme.example:8443", "u@login.acme.example", "a b", "acme.example",
    ])
    func `an address outside of the connector's hosts is refused`(host: String) throws {
        #expect(throws: Problem.self) {
            try refresh(world(variables: ["host": .string(host)]))
        }
    }

    @Test func `a grant is read with its lifetime, scopes and variables`() throws {
        let answer = InboundResponse.json([
            "access_token": "at", "refresh_token": "rt", "expires_in": "3600", "scope": "a b", "token_type": "Bearer",
            "instance_url": "https://one.acme.example",
        ])
        let grant = try #require(try outcome(answer).grant)
        #expect(grant.accessToken.reveal() == "at")
        #expect(grant.refreshToken?.reveal() == "rt")
        #expect(grant.lifetime == .seconds(3600))
        #expect(grant.scopes == ["a", "b"])
        #expect(grant.variables == ["instance_url": "https://one.acme.example"])
        #expect(!"\(grant)".contains("at\""))
    }

    @Test func `an answer without lifetime or refresh token leaves both to the connector and the old grant`() throws {
        let grant = try #require(try outcome(.json(["access_token": "at"]), ["expiry_default": 7200]).grant)
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
        let refusal = try outcome(.json(body, status: status)).refusal
        #expect(refusal?.kind == kind)
        #expect(refusal?.status == status)
    }

    @Test func `an answer that is not JSON is no reason to give up the grant`() throws {
        let answer = InboundResponse(status: 400, body: Array("<html>invalid_grant".utf8))
        #expect(try outcome(answer).refusal?.kind == .temporary)
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
