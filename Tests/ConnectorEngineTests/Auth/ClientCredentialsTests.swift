import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct ClientCredentialsTests {
    private let client = OAuthClient(id: "client 1", secret: Secret("s&cret"))
    private func world(_ changes: JSONValue = [:]) throws -> AuthWorld {
        let words: JSONValue = [
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token", "scopes": ["a", "b"],
            "fields": ["client_id": [:], "client_secret": ["type": "secret"]],
        ]
        return try AuthWorld(words.overlaid(by: changes))
    }

    private func body(_ request: OutboundRequest) -> String { String(decoding: request.body ?? [], as: UTF8.self) }

    @Test func `a token is asked for once, over the connection with the certificate`() throws {
        let request = try world().request(client: client)
        #expect(request.url == "https://login.acme.example/token")
        #expect(request.replay == .never)
        #expect(request.identity == AuthWorld.identity)
        #expect(
            body(request) == "grant_type=client_credentials&scope=a%20b&client_id=client%201&client_secret=s%26cret"
        )
    }

    @Test func `the client may show itself by Basic, and the document adds, replaces and leaves out parameters`() throws
    {
        let request = try world([
            "client_auth": "basic", "audience": "https://api.acme.example", "resource": "urn:r",
            "params": ["scope": "", "tenant": "{{tenant}}"],
        ]).request(client: client)
        #expect(request.headers[.authorization] == "Basic Y2xpZW50JTIwMTpzJTI2Y3JldA==")
        #expect(
            body(request)
                == "grant_type=client_credentials&audience=https%3A%2F%2Fapi.acme.example&resource=urn%3Ar&tenant=t1"
        )
    }

    @Test func `a request may be written as JSON`() throws {
        let request = try world(["body_format": "json", "client_auth": "none", "scopes": []])
            .request(client: client)
        #expect(request.json == ["grant_type": "client_credentials", "client_id": "client 1"])
        #expect(request.headers[.contentType] == "application/json")
    }

    private func granted(_ world: AuthWorld, _ response: InboundResponse) throws -> TokenGrant? {
        try world.outcome(response, client: client).grant
    }

    @Test func `tokens, ends and variables are found where the document says`() throws {
        let nested = try world([
            "token_response": [
                "access_token": "data.token", "expires_in": "data.minutes", "expires_unit": "minutes",
                "keep": ["region": "data.region"],
            ]
        ])
        let grant = try #require(
            try granted(nested, .json(["data": ["token": "t", "minutes": "90", "region": "eu"]]))
        )
        #expect(grant.accessToken.reveal() == "t")
        #expect(grant.end(grantedAt: 1000) == 6400)
        #expect(grant.variables == ["region": "eu"])
        let dated = try world(["token_response": ["expires_at": "until"]])
        #expect(
            try granted(dated, .json(["access_token": "t", "until": "2026-11-25T10:00:00Z"]))?.end(grantedAt: 0)
                == 1_795_600_800
        )
        #expect(
            try granted(dated, .json(["access_token": "t", "until": 1_795_600_800_000]))?.end(grantedAt: 0)
                == 1_795_600_800
        )
        let unknown = try world(["expiry_default": 60])
        #expect(try granted(unknown, .json(["access_token": "t"]))?.end(grantedAt: 1) == 61)
    }

    @Test func `a header field wins over the body, without its scheme`() throws {
        let flow = try world([
            "token_response": ["from_headers": ["access_token": "authorization", "shard": "x-shard"]]
        ])
        let name = try #require(HTTPField.Name("x-shard"))
        let response = InboundResponse.json(
            ["access_token": "old"],
            headers: [.authorization: "Bearer new", name: "7"]
        )
        let grant = try #require(try granted(flow, response))
        #expect(grant.accessToken.reveal() == "new")
        #expect(grant.variables == ["shard": "7"])
    }

    @Test func `a refusal inside a good answer is a refusal`() throws {
        let flow = try world([
            "token_error": ["when": ["$jsonata": "response.success = false"], "code": "why", "permanent": ["gone"]]
        ])
        let answer = InboundResponse.json(["success": false, "why": "gone", "access_token": "t"])
        #expect(try flow.outcome(answer, client: client).refusal?.kind == .permanent)
        #expect(try granted(flow, .json(["success": true, "access_token": "t"])) != nil)
    }

    @Test(arguments: [(500, "invalid_client"), (429, "invalid_client")])
    func `a server in trouble is believed about nothing`(status: Int, code: String) throws {
        let answer = InboundResponse.json(["error": .string(code)], status: status)
        #expect(try world().outcome(answer, client: client).refusal?.kind == .temporary)
    }
}
