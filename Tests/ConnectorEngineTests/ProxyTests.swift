import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct ProxyTests {
    private func call(
        _ sender: ScriptedSender,
        _ target: ProxyCall.Target,
        method: HTTPRequest.Method = .get,
        query: String? = nil,
        headers: HeaderFields = [:],
        body: [UInt8]? = nil,
        access: any AccessSource = FixedAccess(TestWorld.access())
    ) async throws -> (status: Int, headers: HeaderFields, body: String) {
        let document = AcmeVendor.document(["kind": "none"]).overlaid(by: [
            "proxy": ["request_headers": ["X-Acme-Options"], "response_headers": ["X-Acme-Limit", "Set-Cookie"]]
        ])
        let result = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            ProxyCall(
                method: method,
                target: target,
                rawQuery: query,
                headers: headers,
                body: body.map { .bytes($0) } ?? .none,
                key: Secret("trib_caller"),
                account: TestWorld.account
            ),
            connector: TestWorld.connector(document, compiler: AcmeVendor.compiler),
            variables: [:],
            access: access
        )
        let fields = HeaderFields(list: result.headers)
        let bytes = try await StreamedResponse(status: result.status, headers: fields, body: result.body)
            .collected(upTo: .max)
        return (result.status, fields, String(decoding: bytes ?? [], as: UTF8.self))
    }

    @Test func `a raw path hangs on the origin, with the query as it came`() async throws {
        let sender = ScriptedSender(.json(["a": 1]))
        let result = try await call(
            sender,
            .raw(path: "services/x%2Fy/"),
            query: "q=SELECT+Id&integrated_account_id=abc&b=%2f"
        )
        #expect(sender.requests[0].url == "https://api.acme.example/services/x%2Fy/?q=SELECT+Id&b=%2f")
        #expect(result.status == 200)
        #expect(result.body == #"{"a":1}"#)
    }

    @Test func `the caller's credentials are dropped and the account's put in`() async throws {
        let sender = ScriptedSender(.json([:]))
        var headers: HeaderFields = [.authorization: "Bearer caller", .cookie: "c=1", .accept: "text/csv"]
        headers[HTTPField.Name("X-Acme-Options")!] = "batch"
        headers[HTTPField.Name("X-Forwarded-For")!] = "1.2.3.4"
        headers[HTTPField.Name("X-Integrated-Account-Id")!] = "abc"
        _ = try await call(sender, .raw(path: "/x"), headers: headers)
        let sent = sender.requests[0].headers
        #expect(sent[.authorization] == "Bearer t0ken")
        #expect(sent[.accept] == "text/csv")
        #expect(sent[HTTPField.Name("X-Acme-Options")!] == "batch")
        #expect(sent.count == 3)
    }

    @Test func `the vendor's status and named header fields come back, its cookies do not`() async throws {
        var headers: HeaderFields = [.contentType: "text/plain", .setCookie: "s=1", .eTag: "\"1\"", .server: "acme"]
        headers[HTTPField.Name("X-Acme-Limit")!] = "5"
        let sender = ScriptedSender(InboundResponse(status: 418, headers: headers, body: Array("no coffee".utf8)))
        let result = try await call(sender, .raw(path: "/x"))
        #expect(result.status == 418)
        #expect(result.body == "no coffee")
        #expect(result.headers[.eTag] == "\"1\"")
        #expect(result.headers[HTTPField.Name("X-Acme-Limit")!] == "5")
        #expect(result.headers[.setCookie] == nil)
        #expect(result.headers[.server] == nil)
    }

    @Test func `a named resource is the connector's own path`() async throws {
        let sender = ScriptedSender(.json([:]))
        _ = try await call(sender, .named(resource: "people", rest: nil), query: "page=2")
        _ = try await call(sender, .named(resource: "people", rest: "a/../b"))
        #expect(
            sender.requests.map(\.url) == [
                "https://api.acme.example/v1/people?page=2", "https://api.acme.example/v1/people/a%2F..%2Fb",
            ]
        )
        await #expect { _ = try await call(sender, .named(resource: "cars", rest: nil)) } throws: {
            ($0 as? Problem)?.code == .notFound
        }
        await #expect { _ = try await call(sender, .named(resource: "people", rest: "1"), method: .delete) } throws: {
            ($0 as? Problem)?.code == .methodNotSupported
        }
    }

    @Test func `a write is sent once and its unknown outcome told`() async throws {
        let sender = ScriptedSender { (_, _) throws(ExchangeError) in
            throw ExchangeError(.timeout, "host", requestMayHaveBeenSent: true)
        }
        await #expect { _ = try await call(sender, .raw(path: "/x"), method: .post, body: [1]) } throws: { error in
            (error as? Problem)?.code == .remoteTimeout && (error as? Problem)?.outcome == "unknown"
        }
        #expect(sender.requests.map(\.replay) == [.never])
    }

    @Test func `an expired token is renewed once, and a refusal that stays is handed on`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 401, body: Array("expired".utf8)), .json(["ok": true]))
        let result = try await call(sender, .raw(path: "/x"), access: RenewingAccess(renewals: 1))
        #expect(result.status == 200)
        let refusing = ScriptedSender(InboundResponse(status: 401, body: Array("no".utf8)))
        let refused = try await call(refusing, .raw(path: "/x"))
        #expect(refused.status == 401)
        #expect(refused.body == "no")
    }

    @Test(arguments: [
        "/a b", "/a\r\nX: y", "/a\\b", "/é", "/../x", "/a/../../x", "/%2e%2e/x", "/a/%2E%2e", "/a/.%2e/x", "/./x",
        "/a/..;x=1/b", "/a%5Cb", "/a#b", "/a?b",
    ])
    func `a path that is not plain is refused`(path: String) async throws {
        let sender = ScriptedSender(.json([:]))
        await #expect(throws: Problem.self) { _ = try await call(sender, .raw(path: path)) }
        #expect(sender.requests.isEmpty)
    }

    @Test(arguments: [
        "//evil.example/x", "/@evil.example", "@evil.example/x", "//user@evil.example", ":443@evil.example",
        ".evil.example/",
        "/%2f%2fevil.example", "/a//evil.example",
    ])
    func `no path leaves the host`(path: String) async throws {
        let sender = ScriptedSender(.json([:]))
        _ = try? await call(sender, .raw(path: path))
        #expect(sender.requests.allSatisfy { $0.url.hasPrefix("https://api.acme.example/") })
    }
}

struct ProxyCredentialTests {
    private func call(_ query: String? = nil, headers: HeaderFields = [:], upload: ByteStream? = nil) -> ProxyCall {
        ProxyCall(
            method: upload == nil ? .get : .post,
            target: .raw(path: "/x"),
            rawQuery: query,
            headers: headers,
            body: upload.map { .stream($0) } ?? .none,
            key: Secret("trib_caller"),
            account: TestWorld.account
        )
    }

    private func connector(_ auth: JSONValue) throws -> CompiledConnector {
        try TestWorld.connector(
            AcmeVendor.document(["kind": "none"]).overlaid(by: ["auth": nil]).overlaid(by: ["auth": ["key": auth]]),
            compiler: AcmeVendor.compiler
        )
    }

    private func access() -> FixedAccess {
        FixedAccess(UsableAccess(method: "key", values: ["key": Secret("s3cret")]))
    }

    @Test func `a key in the vendor's own query parameter is replaced by the account's`() async throws {
        let sender = ScriptedSender(.json([:]))
        let connector = try connector([
            "kind": "api_key", "fields": ["key": ["type": "secret", "label": "Key"]], "in": "query",
            "name": "api_token",
        ])
        _ = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            call("a=1&api_token=trib_caller&api%5Ftoken=x&other=trib%5Fcaller&b=%20"),
            connector: connector,
            variables: [:],
            access: access()
        )
        #expect(sender.requests[0].url == "https://api.acme.example/x?a=1&b=%20&api_token=s3cret")
    }

    @Test func `a key in the vendor's own header field is replaced by the account's`() async throws {
        let sender = ScriptedSender(.json([:]))
        let connector = try connector([
            "kind": "api_key", "fields": ["key": ["type": "secret", "label": "Key"]], "name": "X-Api-Key",
        ])
        var headers: HeaderFields = [.authorization: "Bearer trib_caller", .accept: "a/b"]
        headers[HTTPField.Name("X-Api-Key")!] = "trib_caller"
        headers[HTTPField.Name("Prefer")!] = "key=trib_caller"
        _ = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            call(headers: headers),
            connector: connector,
            variables: [:],
            access: access()
        )
        let sent = sender.requests[0].headers
        #expect(sent[HTTPField.Name("X-Api-Key")!] == "s3cret")
        #expect(sent[.authorization] == nil)
        #expect(!sent.contains { $0.value.contains("trib_caller") })
    }

    @Test func `a body that is still arriving is handed on as it is, and never sent again`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 401))
        let pipe = BytePipe()
        let result = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            call(upload: ByteStream(pipe, length: 10)),
            connector: TestWorld.connector(AcmeVendor.document(["kind": "none"]), compiler: AcmeVendor.compiler),
            variables: [:],
            access: RenewingAccess(renewals: 1)
        )
        #expect(result.status == 401)
        #expect(sender.requests.count == 1)
        #expect(sender.requests[0].upload?.pipe === pipe)
        #expect(sender.requests[0].body == nil)
    }
}

struct ProxyMessageTests {
    private func call(_ document: JSONValue) throws -> ProxyCall {
        let connector = try TestWorld.connector(AcmeVendor.document(["kind": "none"]), compiler: AcmeVendor.compiler)
        return try ProxyMessage(document).call(of: TestWorld.account, connector: connector.document, key: nil)
    }

    private func bytes(_ call: ProxyCall) -> String? {
        guard case .bytes(let bytes) = call.body else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a document becomes a call`() throws {
        let call = try call([
            "method": "post", "path": "/v1/people?a=1", "query": ["b": "c d", "n": 2],
            "headers": ["Prefer": "minimal"], "body": ["name": "Ada"],
        ])
        #expect(call.method == .post)
        #expect(call.target == .raw(path: "/v1/people"))
        #expect(call.rawQuery == "a=1&b=c%20d&n=2")
        #expect(call.headers[.contentType] == "application/json")
        #expect(bytes(call) == #"{"name":"Ada"}"#)
    }

    @Test(
        arguments: [
            ("form", ["a": "b c"], "a=b%20c", "application/x-www-form-urlencoded"),
            ("text", "plain", "plain", "text/plain; charset=utf-8"), ("xml", "<a/>", "<a/>", "text/xml; charset=utf-8"),
            ("base64", "AGE=", "\0a", "application/octet-stream"),
        ] as [(String, JSONValue, String, String)]
    )
    func `a body is written in its format`(format: String, body: JSONValue, text: String, type: String) throws {
        let call = try call(["method": "PUT", "path": "/x", "body": body, "body_format": .string(format)])
        #expect(bytes(call) == text)
        #expect(call.headers[.contentType] == type)
    }

    @Test(
        arguments: [
            [:], ["path": "x"], ["path": "/x", "method": "TRACE"], ["path": "/x", "verb": "GET"],
            ["path": "/x", "body_format": "yaml"], ["path": "/x", "headers": ["A": "b\r\nC: d"]],
            ["path": "/x", "body": 1, "body_format": "text"], ["path": "/x", "body": "?", "body_format": "base64"], [],
        ] as [JSONValue]
    )
    func `a document that is wrong is refused with the place`(document: JSONValue) {
        #expect { _ = try call(document) } throws: { ($0 as? Problem)?.code == .invalidRequest }
    }
}

struct ProxyTokenTests {
    @Test func `a token endpoint answers with the key in the vendor's shape`() throws {
        let connector = try TestWorld.connector(
            AcmeVendor.document(["kind": "none"]).overlaid(by: ["auth": nil]).overlaid(by: [
                "auth": [
                    "oauth": [
                        "kind": "oauth2_authorization_code", "authorize_url": "https://login.acme.example/authorize",
                        "token_url": "https://login.acme.example/oauth/token",
                        "token_response": ["access_token": "data.token", "expires_in": "data.lives"],
                    ]
                ]
            ]),
            compiler: AcmeVendor.compiler
        )
        let answer = ProxyTokens.answer(
            to: "/oauth/token",
            key: Secret("trib_caller"),
            connector: connector.document,
            variables: [:]
        )
        #expect(answer?["data"]?["token"] == "trib_caller")
        #expect(answer?["data"]?["token_type"] == "Bearer")
        #expect(answer?["data"]?["lives"] == 3600)
        for path in ["/oauth/token/", "/oauth", "/v1/people"] {
            let other = ProxyTokens.answer(
                to: path,
                key: Secret("trib_caller"),
                connector: connector.document,
                variables: [:]
            )
            #expect(other == nil)
        }
    }
}

struct WebAddressTests {
    @Test(arguments: [
        "http://api.acme.example/", "https://", "https://user@api.acme.example/", "https://api.acme.example:0/",
        "https://api.acme.example:99999/", "https://10.0.0.1/", "https://[::1]/",
        "https://api.acme.example\\@evil.example/",
        "https://api.acme.example%2eevil.example/", "https://2130706433/", "https://api .acme.example/",
        "ftp://a.example/",
        "https://api.acme.example/\r\nX", "//api.acme.example/", "https://ａpi.example/",
    ])
    func `a doubtful spelling is no address`(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test func `an address is taken apart and put together again`() throws {
        let address = try #require(WebAddress("HTTPS://API.acme.example:443/a/b?c=d#e"))
        #expect(address.description == "https://api.acme.example/a/b?c=d")
        #expect(address.resolving("/x?y")?.description == "https://api.acme.example/x?y")
        #expect(address.resolving("?p=2")?.description == "https://api.acme.example/a/b?p=2")
        #expect(address.resolving("z")?.description == "https://api.acme.example/a/z")
        #expect(address.resolving("javascript:x") == nil)
    }
}
