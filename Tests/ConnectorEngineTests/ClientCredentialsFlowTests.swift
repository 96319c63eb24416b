import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct ClientCredentialsFlowTests {
    private let client = OAuthClient(id: "client 1", secret: Secret("s&cret"))
    private let identity = ConnectionIdentity(
        partition: "p",
        clientCertificate: ConnectionIdentity.ClientCertificate(chainPEM: [1], privateKeyPEM: [2])
    )

    private func flow(_ changes: JSONValue = [:]) throws -> ClientCredentialsFlow {
        let words: JSONValue = [
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token", "scopes": ["a", "b"],
            "fields": ["client_id": [:], "client_secret": ["type": "secret"]],
        ]
        let document = JSONValue.object([
            "name": "acme", "hosts": ["*.acme.example"], "http": ["base_url": "https://api.acme.example"],
            "auth": .object(["app": words.overlaid(by: changes)]),
        ])
        return try ClientCredentialsFlow(
            connector: ConnectorDocument(document),
            method: "app",
            variables: ["host": "login.acme.example", "tenant": "t1"]
        )
    }

    private func body(_ request: OutboundRequest) -> String { String(decoding: request.body ?? [], as: UTF8.self) }

    @Test func `a token is asked for once, over the connection with the certificate`() throws {
        let request = try flow().request(client: client, identity: identity)
        #expect(request.url == "https://login.acme.example/token")
        #expect(request.replay == .never)
        #expect(request.identity == identity)
        #expect(
            body(request) == "grant_type=client_credentials&scope=a%20b&client_id=client%201&client_secret=s%26cret"
        )
    }

    @Test func `the client may show itself by Basic, and the document adds, replaces and leaves out parameters`() throws
    {
        let request = try flow([
            "client_auth": "basic", "audience": "https://api.acme.example", "resource": "urn:r",
            "params": ["scope": "", "tenant": "{{tenant}}"],
        ]).request(client: client, identity: identity)
        #expect(request.headers[.authorization] == "Basic Y2xpZW50JTIwMTpzJTI2Y3JldA==")
        #expect(
            body(request)
                == "grant_type=client_credentials&audience=https%3A%2F%2Fapi.acme.example&resource=urn%3Ar&tenant=t1"
        )
    }

    @Test func `a request may be written as JSON`() throws {
        let request = try flow(["body_format": "json", "client_auth": "none", "scopes": []]).request(
            client: client,
            identity: identity
        )
        #expect(request.json == ["grant_type": "client_credentials", "client_id": "client 1"])
        #expect(request.headers[.contentType] == "application/json")
    }

    private func granted(_ flow: ClientCredentialsFlow, _ response: InboundResponse) -> TokenGrant? {
        guard case .granted(let grant) = flow.outcome(of: response) else { return nil }
        return grant
    }

    @Test func `tokens, ends and variables are found where the document says`() throws {
        let nested = try flow([
            "token_response": [
                "access_token": "data.token", "expires_in": "data.minutes", "expires_unit": "minutes",
                "keep": ["region": "data.region"],
            ]
        ])
        let grant = try #require(
            granted(nested, .json(["data": ["token": "t", "minutes": "90", "region": "eu"]]))
        )
        #expect(grant.accessToken.reveal() == "t")
        #expect(grant.end(grantedAt: 1000) == 6400)
        #expect(grant.variables == ["region": "eu"])
        let dated = try flow(["token_response": ["expires_at": "until"]])
        #expect(
            granted(dated, .json(["access_token": "t", "until": "2026-11-25T10:00:00Z"]))?.end(grantedAt: 0)
                == 1_795_600_800
        )
        #expect(
            granted(dated, .json(["access_token": "t", "until": 1_795_600_800_000]))?.end(grantedAt: 0) == 1_795_600_800
        )
        let unknown = try flow(["expiry_default": 60])
        #expect(granted(unknown, .json(["access_token": "t"]))?.end(grantedAt: 1) == 61)
    }

    @Test func `a header field wins over the body, without its scheme`() throws {
        let flow = try flow(["token_response": ["from_headers": ["access_token": "authorization", "shard": "x-shard"]]])
        let name = try #require(HTTPField.Name("x-shard"))
        let response = InboundResponse.json(
            ["access_token": "old"],
            headers: [.authorization: "Bearer new", name: "7"]
        )
        let grant = try #require(granted(flow, response))
        #expect(grant.accessToken.reveal() == "new")
        #expect(grant.variables == ["shard": "7"])
    }

    @Test func `a refusal inside a good answer is a refusal`() throws {
        let flow = try flow([
            "token_error": ["when": ["$jsonata": "response.success = false"], "code": "why", "permanent": ["gone"]]
        ])
        guard
            case .refused(let refusal) = flow.outcome(
                of: .json(["success": false, "why": "gone", "access_token": "t"])
            )
        else {
            Issue.record("taken for a token")
            return
        }
        #expect(refusal.kind == .permanent)
        #expect(granted(flow, .json(["success": true, "access_token": "t"])) != nil)
    }

    @Test(arguments: [(500, "invalid_client"), (429, "invalid_client")])
    func `a server in trouble is believed about nothing`(status: Int, code: String) throws {
        guard case .refused(let refusal) = try flow().outcome(of: .json(["error": .string(code)], status: status))
        else {
            Issue.record("taken for a token")
            return
        }
        #expect(refusal.kind == .temporary)
    }
}
