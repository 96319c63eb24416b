import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

struct AuthMethodTests {
    private func method(_ words: JSONValue) throws(ConnectorConfigError) -> AuthMethod? {
        let document = Documents.acme.overlaid(by: ["auth": ["key": .null, "way": words]])
        return try CompiledConnector(base: ConfigLayer(level: .platform, version: 1, document: document))
            .document.authMethod("way")
    }

    private static let fields: JSONValue = ["client_id": ["label": "Client"], "client_secret": ["type": "secret"]]

    @Test func `client credentials use the client that the user types, or the integration's`() throws {
        let typed = try #require(
            try method([
                "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token",
                "fields": Self.fields, "client_auth": "basic", "audience": "x",
                "token_response": ["access_token": "data.token", "expires_unit": "minutes"],
            ])
        )
        guard case .oauth2ClientCredentials(let config) = typed.kind else {
            Issue.record("another kind")
            return
        }
        #expect(config.usesTypedClient)
        #expect(config.token.clientAuth == .basic)
        #expect(config.token.error.permanent.contains("invalid_client"))
        #expect(typed.onUnauthorized == .refreshOnce)
        #expect(typed.fields.map(\.name) == ["client_id", "client_secret"])
        let shared = try #require(
            try method(["kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token"])
        )
        guard case .oauth2ClientCredentials(let config) = shared.kind else {
            Issue.record("another kind")
            return
        }
        #expect(!config.usesTypedClient)
        #expect(config.token.error.permanent.isEmpty)
    }

    @Test(arguments: ["account", "environment", "platform"])
    func `a certificate is asked from the user at the account's level alone`(level: String) throws {
        let found = try #require(
            try method([
                "kind": "basic", "fields": ["user": [:], "word": ["type": "secret"]],
                "username": "{{credentials.user}}", "password": "{{credentials.word}}", "with": ["mutual_tls"],
                "mutual_tls": ["level": .string(level), "chain": "required"],
            ])
        )
        #expect(found.mutualTLS?.level.rawValue == level)
        #expect(found.mutualTLS?.chain == .required)
        let names = found.fields.map(\.name)
        #expect(names.dropFirst(2).elementsEqual(level == "account" ? MutualTLSConfig.fieldNames : []))
    }

    @Test func `mutual TLS is a way to connect of its own`() throws {
        let found = try #require(try method(["kind": "mutual_tls", "mutual_tls": ["help": "From the portal."]]))
        #expect(found.fields.map(\.name) == ["client_cert", "client_key", "passphrase"])
        #expect(found.fields.map(\.isRequired) == [true, false, false])
        #expect(found.fields[0].help == "From the portal.")
        #expect(found.fields[2].kind == .secret)
        #expect(found.kindName == "mutual_tls")
    }

    @Test func `keys go into cookies, and several values into header fields of their own`() throws {
        let cookie = try #require(
            try method(["kind": "api_key", "fields": ["key": ["type": "secret"]], "in": "cookie", "name": "sid"])
        )
        #expect(cookie.injection.headers.map(\.name) == ["Cookie"])
        let inside = try #require(
            try method(["kind": "api_key", "fields": ["key": ["type": "secret"]], "in": "body", "name": "token"])
        )
        #expect(inside.injection.body.map(\.name) == ["token"])
        let many = try #require(
            try method([
                "kind": "custom_headers", "fields": ["a": [:], "b": [:]],
                "headers": ["X-A": "{{credentials.a}}"], "query": ["b": "{{credentials.b}}"],
            ])
        )
        #expect(many.injection.headers.map(\.name) == ["X-A"])
        #expect(many.injection.query.map(\.name) == ["b"])
    }

    @Test(
        arguments: [
            (["kind": "custom_headers", "fields": ["a": [:]]], "'headers' or 'query' is missing"),
            (["kind": "none", "mutual_tls": ["level": "account"]], "say 'with: [mutual_tls]'"),
            (["kind": "none", "with": ["mutual_tls"], "mutual_tls": ["ca": "x"]], "expected certificates in PEM"),
            (["kind": "none", "with": ["mutual_tsl"]], "is not one of mutual_tls"),
            (["kind": "none", "with": ["mutual_tls"], "mutual_tls": ["level": "tenant"]], "is not one of platform"),
            (
                ["kind": "none", "with": ["mutual_tls"], "mutual_tls": ["level": "platform", "help": "x"]],
                "only an account's user reads it"
            ),
            (
                ["kind": "api_key", "fields": ["client_key": [:]], "with": ["mutual_tls"]],
                "is a name of the certificate's own fields"
            ),
            (
                [
                    "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/t",
                    "fields": ["client_secret": ["type": "secret"]],
                ], "needs a field 'client_id'"
            ),
            (["kind": "oauth2_client_credentials"], "'token_url' is missing"),
            (
                [
                    "kind": "oauth2_client_credentials", "token_url": "https://a.example",
                    "client_auth": "tls_client_auth",
                ],
                "it needs 'with: [mutual_tls]'"
            ),
            (
                [
                    "kind": "oauth2_client_credentials", "token_url": "https://a.example",
                    "client_assertion": ["kid": "k"],
                ],
                "say 'client_auth: private_key_jwt'"
            ),
            (
                ["kind": "oauth2_client_credentials", "token_url": "https://a.example", "revoke_on_delete": true],
                "it needs a 'revoke_url'"
            ),
            (
                [
                    "kind": "oauth2_client_credentials", "token_url": "https://a.example",
                    "token_response": ["each_call": true],
                ], "name the header field of 'access_token'"
            ),
            (["kind": "oauth2_jwt_bearer", "token_url": "https://a.example"], "'assertion' is missing"),
            (["kind": "jwt_self_signed", "alg": "none"], "'none' is not one of RS256"),
            (["kind": "session_login", "steps": [], "extract": ["token": "x"]], "a login has 1 to 5 steps"),
            (["kind": "session_login", "steps": [["path": "/"]], "extract": ["key": "x"]], "unknown key"),
            (
                ["kind": "session_login", "steps": [["path": "/"]], "extract": ["token": "x"], "max_sessions": 1],
                "it needs a 'logout' request"
            ),
            (
                [
                    "kind": "session_login", "steps": [["path": "/"]], "extract": ["token": "x"],
                    "keepalive": ["path": "/k"],
                ],
                "say how long a session lives without it"
            ),
            (
                [
                    "kind": "session_login", "steps": [["path": "/"]],
                    "extract": ["token": "x", "extra": ["refresh_token": "y"]],
                ], "is a name of ours"
            ),
            (
                [
                    "kind": "session_login", "steps": [["id": "a", "path": "/"], ["id": "a", "path": "/"]],
                    "extract": [:],
                ],
                "two steps are named 'a'"
            ),
            (
                ["kind": "oauth1_tba", "fields": [:], "signature": "RSA-SHA256", "token_secret": "x"],
                "'RSA-SHA256' does not use it"
            ),
            (["kind": "oauth1_tba", "fields": [:], "signature": "HMAC-MD5"], "is not one of HMAC-SHA256"),
            (
                ["kind": "hmac_signature", "fields": [:], "key": "k", "parts": ["verb"], "header": "X"],
                "is not one of method"
            ),
            (["kind": "aws_sigv4", "fields": [:], "region": "r"], "'service' is missing"),
            (["kind": "multi", "chain": [["kind": "none"]]], "at least two links"),
            (["kind": "multi", "chain": [["kind": "none"], ["kind": "none"]]], "'none' cannot be a link"),
            (
                [
                    "kind": "multi",
                    "chain": [
                        ["kind": "jwt_self_signed"],
                        ["kind": "oauth2_device", "device_url": "https://a.example", "token_url": "https://a.example"],
                    ],
                ], "the user's consent is the first link"
            ),
            (["kind": "api_key", "fields": ["a": [:]], "in": "path"], "is not one of header, query, cookie, body"),
            (["kind": "oauth2_jwt_bearer", "token_url": "https://a.example"], "'assertion' is missing"),
            (
                [
                    "kind": "oauth2_jwt_bearer", "token_url": "https://a.example", "assertion": [:],
                    "saml": ["issuer": "i", "subject": "s"],
                ], "leave one out"
            ),
            (["kind": "oauth1_tba"], "'fields' is missing"),
            (["kind": "oauth1_tba", "authorize_url": "https://a.example"], "'request_token_url' is missing"),
            (["kind": "oauth1_tba", "fields": [:], "keep": ["a": "b"]], "it needs request_token_url"),
            (["kind": "jwt_self_signed", "per_request": true], "'fields' is missing"),
            (
                ["kind": "jwt_self_signed", "fields": [:], "per_request": true, "refresh_jitter": 1],
                "a token for one request has no use for it"
            ),
            (
                [
                    "kind": "oauth2_authorization_code", "authorize_url": "https://a.example",
                    "token_url": "https://a.example", "state": ["alphabet": "digits", "length": 30],
                ], "30 letters can be guessed; it takes at least 39 of digits"
            ),
        ] as [(JSONValue, String)]
    )
    func `what cannot be is told`(words: JSONValue, complaint: String) {
        do {
            _ = try method(words)
            Issue.record("taken: \(words.text())")
        } catch { #expect(error.message.contains(complaint), "\(error.message)") }
    }
}
