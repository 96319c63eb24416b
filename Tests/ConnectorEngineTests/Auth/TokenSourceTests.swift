import ConnectorConfig
import ConnectorEngine
import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Tokens by passwords, assertions, chains, and what surrounds them.
struct TokenSourceTests {
    private static let key = Result { try PrivateKey.generate(.rsa(bits: 2048)) }
    private static let fields: JSONValue = ["username": [:], "private_key": ["type": "secret"]]

    private func pem() throws -> String { String(decoding: try Self.key.get().pem(), as: UTF8.self) }

    private static let bearer: JSONValue = [
        "kind": "oauth2_jwt_bearer", "token_url": "https://{{host}}/token", "fields": fields,
        "assertion": [
            "claims": [
                "iss": "{{credentials.client_id}}", "sub": "{{credentials.username}}", "aud": "https://{{host}}",
                "jti": "",
            ], "kid": "k7", "lifetime": 180, "x5t": "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----",
        ],
    ]

    @Test func `a signed assertion is exchanged for a token`() throws {
        let world = try AuthWorld(Self.bearer)
        let client = OAuthClient(id: "app", secret: nil)
        let request = try world.request(["username": "ann@acme.example", "private_key": pem()], client: client)
        let form = request.form
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        #expect(form["client_id"] == "app" && form["client_secret"] == nil)
        let token = try TokenParts(try #require(form["assertion"]))
        #expect(
            token.claims == [
                "iat": 1_795_600_000, "exp": 1_795_600_180, "iss": "app", "sub": "ann@acme.example",
                "aud": "https://login.acme.example",
            ]
        )
        let thumbprint = Data(try OpenSSLDigests().digest(.sha1, of: [1, 2, 3])).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(token.header == ["alg": "RS256", "typ": "JWT", "kid": "k7", "x5t": .string(thumbprint)])
        #expect(try Self.key.get().publicKey().verify(token.signature, of: token.signed, .rs256))
        #expect(!request.url.contains("assertion"))
    }

    @Test func `a key that does not fit is refused without being shown`() throws {
        let world = try AuthWorld(Self.bearer)
        do {
            _ = try world.request(["username": "ann", "private_key": "not-a-key-at-all"])
            Issue.record("signed")
        } catch let problem as Problem {
            #expect(problem.code == .credentialUnavailable)
            #expect(!problem.debugDescription.contains("not-a-key"))
        }
    }

    @Test(arguments: ["RS512", "PS256", "ES256", "EdDSA", "HS256"])
    func `a token that is signed here needs nobody and ends with its lifetime`(algorithm: String) throws {
        let world = try AuthWorld([
            "kind": "jwt_self_signed", "alg": .string(algorithm), "lifetime": 600, "fields": Self.fields,
            "claims": ["iss": "{{credentials.username}}", "exp": 7], "header": ["typ": ""],
        ])
        let kind: PrivateKey.Kind? =
            switch algorithm {
            case "ES256": .p256
            case "EdDSA": .ed25519
            case "HS256": nil
            default: .rsa(bits: 2048)
            }
        let key = try kind.map { try PrivateKey.generate($0) }
        let secret = try key.map { String(decoding: try $0.pem(), as: UTF8.self) } ?? "shared"
        let values = ["username": "ann", "private_key": secret]
        let (requests, outcome) = try world.run(try world.source(values).attempt(world.material(values)))
        #expect(requests.isEmpty)
        let grant = try #require(outcome.grant)
        #expect(grant.end(grantedAt: 10) == 610)
        let token = try TokenParts(grant.accessToken.reveal())
        #expect(token.header == ["alg": .string(algorithm)])
        #expect(token.claims["iss"] == "ann" && token.claims["exp"] == 7 && token.claims["jti"] != nil)
        if let key, let scheme = SignatureAlgorithm(rawValue: algorithm) {
            #expect(try key.publicKey().verify(token.signature, of: token.signed, scheme))
        } else {
            #expect(try token.signature == OpenSSLDigests().hmac(.sha256, of: token.signed, key: Array("shared".utf8)))
        }
    }

    @Test func `a user's name and password are exchanged with or without a client`() throws {
        let world = try AuthWorld([
            "kind": "oauth2_password", "token_url": "https://{{host}}/token", "scopes": ["a"],
            "fields": ["username": [:], "password": ["type": "secret"]],
            "username": "{{credentials.username}}@{{tenant}}",
            "params": ["scope": "b"],
        ])
        let values = ["username": "ann", "password": "p w"]
        #expect(
            try world.request(values).form
                == ["grant_type": "password", "username": "ann@t1", "password": "p w", "scope": "b"]
        )
        let form = try world.request(values, client: OAuthClient(id: "c", secret: Secret("s"))).form
        #expect(form["client_id"] == "c" && form["client_secret"] == "s")
        #expect(try world.method.fieldsForTokensOnly == ["password", "client_secret"])
    }

    // MARK: Clients

    @Test func `a client proves itself by an assertion to the endpoint that is asked`() throws {
        let world = try AuthWorld([
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token",
            "client_auth": "private_key_jwt",
            "client_assertion": ["alg": "PS256", "claims": ["aud": "https://{{host}}"]],
        ])
        let client = OAuthClient(id: "app", secret: nil, privateKeyPEM: Secret(try pem()), keyID: "k1")
        let form = try world.request(client: client).form
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        let token = try TokenParts(try #require(form["client_assertion"]))
        #expect(token.claims["iss"] == "app" && token.claims["sub"] == "app")
        #expect(token.claims["aud"] == "https://login.acme.example")
        #expect(token.header["kid"] == "k1")
        #expect(try Self.key.get().publicKey().verify(token.signature, of: token.signed, .ps256))
        #expect(form["client_secret"] == nil)
    }

    @Test func `a client may be known by its certificate alone`() throws {
        let world = try AuthWorld([
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token",
            "client_auth": "tls_client_auth", "with": ["mutual_tls"],
        ])
        let request = try world.request(client: OAuthClient(id: "app", secret: Secret("s")))
        #expect(request.form == ["grant_type": "client_credentials", "client_id": "app"])
        #expect(request.identity.clientCertificate != nil)
    }

    // MARK: Around tokens

    @Test func `a token is looked into where the vendor tells more of it than its answer`() throws {
        let world = try AuthWorld([
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token",
            "introspect_url": "https://{{host}}/introspect",
        ])
        let client = OAuthClient(id: "app", secret: Secret("s"))
        func run(_ told: JSONValue, status: Int = 200) throws -> ([OutboundRequest], TokenOutcome?) {
            try world.run(
                try world.source().attempt(world.material(client: client)),
                .json(["access_token": "t"]),
                .json(told, status: status)
            )
        }
        let (requests, good) = try run(["active": true, "exp": 1_795_603_600, "scope": "a b"])
        #expect(requests.map(\.url) == ["https://login.acme.example/token", "https://login.acme.example/introspect"])
        #expect(requests[1].form["token"] == "t" && requests[1].form["client_secret"] == "s")
        #expect(good.grant?.end(grantedAt: 0) == 1_795_603_600)
        #expect(good.grant?.scopes == ["a", "b"])
        #expect(try run(["active": false]).1.refusal?.kind == .permanent)
        #expect(try run([:], status: 500).1.refusal?.kind == .temporary)
    }

    @Test func `a refresh token that has lived its life is not sent any more`() throws {
        let world = try AuthWorld([
            "kind": "oauth2_authorization_code", "authorize_url": "https://{{host}}/a",
            "token_url": "https://{{host}}/t",
            "refresh_token_lifetime": 604_800,
        ])
        let client = OAuthClient(id: "app", secret: nil)
        let dead = ["refresh_token": "r", "refresh_token_end": "1795600000"]
        let (requests, outcome) = try world.run(try world.source(dead).attempt(world.material(dead, client: client)))
        #expect(requests.isEmpty)
        #expect(outcome.refusal?.kind == .permanent)
        let alive = ["refresh_token": "r", "refresh_token_end": "1795600001"]
        #expect(try world.request(alive, client: client).form["refresh_token"] == "r")
    }

    @Test func `what the vendor gave is given back where it can be`() throws {
        let words: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://{{host}}/a",
            "token_url": "https://{{host}}/t",
            "revoke_url": "https://{{host}}/revoke", "revoke_on_delete": true,
        ]
        let values = ["refresh_token": "r", "access_token": "t"]
        let client = OAuthClient(id: "app", secret: Secret("s"))
        let world = try AuthWorld(words)
        let farewell = try world.source(values).farewell(world.material(values, client: client))
        #expect(farewell.map(\.url) == ["https://login.acme.example/revoke"])
        #expect(farewell[0].form["token"] == "r")
        let keeping = try AuthWorld(words.overlaid(by: ["revoke_on_delete": false]))
        #expect(try keeping.source(values).farewell(keeping.material(values, client: client)).isEmpty)
    }

    @Test func `tokens with a short life are not renewed all the time, and accounts are spread`() throws {
        let renewal = try AuthWorld([
            "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token", "refresh_jitter": 0.5,
        ]).source().renewal
        #expect(renewal.buffer(ofLifetime: .seconds(60), share: 0) == .seconds(12))
        #expect(renewal.buffer(ofLifetime: .seconds(3600), share: 0) == .seconds(300))
        #expect(renewal.buffer(ofLifetime: nil, share: 1) == .seconds(450))
    }

    // MARK: Chains

    private static let chain: JSONValue = [
        "kind": "multi",
        "fields": ["client_id": [:], "client_secret": ["type": "secret"], "secret": ["type": "secret"]],
        "chain": [
            [
                "kind": "oauth2_client_credentials", "as": "idp_token", "token_url": "https://{{host}}/token",
                "fields": ["client_id": [:], "client_secret": ["type": "secret"]],
            ],
            [
                "kind": "session_login",
                "steps": [
                    [
                        "method": "POST", "path": "/session",
                        "headers": ["Authorization": "Bearer {{credentials.access_token}}"],
                        "body": ["client": "{{credentials.client_id}}"],
                    ]
                ],
                "extract": ["token": "{{response.sid}}", "expiry": 7200],
                "inject": ["headers": ["X-Session": "{{credentials.access_token}}"]],
            ],
            [
                "kind": "hmac_signature", "fields": ["secret": [:]], "key": "{{credentials.secret}}", "parts": ["path"],
                "header": "X-Sign",
            ],
        ],
    ]

    @Test func `in a chain one token leads to the next, and all that signs signs`() throws {
        let world = try AuthWorld(Self.chain.overlaid(by: ["verify": ["path": "/me"]]))
        let values = ["client_id": "c", "client_secret": "s", "secret": "w"]
        let client = OAuthClient(id: "c", secret: Secret("s"))
        let (requests, outcome) = try world.run(
            try world.source(values).attempt(world.material(values, client: client)),
            .json(["access_token": "idp", "expires_in": 3600]),
            .json(["sid": "sess"])
        )
        #expect(requests.map(\.url) == ["https://login.acme.example/token", "https://api.acme.example/v1/session"])
        #expect(requests[1].headers[.authorization] == "Bearer idp")
        #expect(requests[1].json == ["client": "c"])
        let grant = try #require(outcome.grant)
        #expect(grant.accessToken.reveal() == "sess")
        #expect(grant.values["idp_token"]?.reveal() == "idp")
        #expect(grant.end(grantedAt: 1_795_600_000) == 1_795_603_600)
        #expect(try world.method.fieldsForTokensOnly == ["client_secret"])
        let flow = try #require(VerificationFlow(connector: world.document, method: "way", variables: [:]))
        let request = try flow.request(
            access: UsableAccess(method: "way", values: ["access_token": Secret("sess"), "secret": Secret("w")]),
            partition: "p",
            tools: world.tools
        )
        #expect(request.headers[try #require(HTTPField.Name("x-session"))] == "sess")
        #expect(request.headers[.authorization] == nil)
        #expect(request.headers[try #require(HTTPField.Name("x-sign"))]?.count == 64)
    }

    @Test func `a chain ends with the first refusal`() throws {
        let world = try AuthWorld(Self.chain)
        let (requests, outcome) = try world.run(
            try world.source().attempt(world.material(client: OAuthClient(id: "c", secret: nil))),
            .json(["error": "invalid_client"], status: 401),
            .json([:])
        )
        #expect(requests.count == 1)
        #expect(outcome.refusal?.code == "invalid_client")
    }
}
