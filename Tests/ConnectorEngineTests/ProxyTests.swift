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
        headers: HTTPFields = [:],
        body: [UInt8]? = nil,
        access: any AccessSource = FixedAccess(TestWorld.access())
    ) async throws -> (status: Int, headers: HTTPFields, body: String) {
        let document = AcmeVendor.document(["kind": "none"]).overlaid(by: [
            "proxy": ["request_headers": ["X-Acme-Options"], "response_headers": ["X-Acme-Limit", "Set-Cookie"]]
        ])
        let result = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            ProxyCall(
                method: method,
                target: target,
                rawQuery: query,
                headers: headers,
                body: body,
                account: TestWorld.account
            ),
            connector: TestWorld.connector(document, compiler: AcmeVendor.compiler),
            variables: [:],
            access: access
        )
        var bytes: [UInt8] = []
        for try await piece in result.body { bytes += piece }
        return (result.status, result.headers, String(decoding: bytes, as: UTF8.self))
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
        var headers: HTTPFields = [.authorization: "Bearer caller", .cookie: "c=1", .accept: "text/csv"]
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
        var headers: HTTPFields = [.contentType: "text/plain", .setCookie: "s=1", .eTag: "\"1\"", .server: "acme"]
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

    @Test(arguments: ["/a b", "/a\r\nX: y", "/a\\b", "/é"])
    func `a path that is not plain is refused`(path: String) async throws {
        let sender = ScriptedSender(.json([:]))
        await #expect(throws: Problem.self) { _ = try await call(sender, .raw(path: path)) }
        #expect(sender.requests.isEmpty)
    }

    @Test(arguments: ["//evil.example/x", "/../../x", "/@evil.example"])
    func `no path leaves the host`(path: String) async throws {
        let sender = ScriptedSender(.json([:]))
        _ = try? await call(sender, .raw(path: path))
        #expect(sender.requests.allSatisfy { $0.url.hasPrefix("https://api.acme.example/") })
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
