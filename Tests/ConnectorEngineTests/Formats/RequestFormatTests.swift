import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// What goes over the wire for a body in each format.
struct RequestFormatTests {
    private func sent(
        _ format: JSONValue,
        body: JSONValue,
        http: JSONValue = [:],
        list: JSONValue = [:]
    ) async throws -> OutboundRequest {
        let call: JSONValue = ["method": "POST", "request_format": format, "body": body]
        let sender = ScriptedSender(OrchardVendor.answer("[]"))
        _ = try await OrchardVendor.call(
            OrchardVendor.document(list: call.overlaid(by: list), http: http),
            sender,
            query: [("limit", "5")]
        )
        return try #require(sender.requests.first)
    }

    private func text(_ request: OutboundRequest) -> String {
        String(decoding: request.body ?? [], as: UTF8.self)
    }

    @Test func `JSON, JSON lines and a form have their usual content types`() async throws {
        let json = try await sent("json", body: ["a": 1])
        #expect(text(json) == #"{"a":1}"#)
        #expect(json.headers[.contentType] == "application/json")
        let lines = try await sent("ndjson", body: [["a": 1], ["a": 2]])
        #expect(text(lines) == "{\"a\":1}\n{\"a\":2}\n")
        #expect(lines.headers[.contentType] == "application/x-ndjson")
        let form = try await sent("form", body: ["q": "a b&c", "ids": [1, 2], "where": ["x": true]])
        #expect(text(form) == "q=a%20b%26c&ids%5B%5D=1&ids%5B%5D=2&where%5Bx%5D=true")
        #expect(form.headers[.contentType] == "application/x-www-form-urlencoded")
        let dotted = try await sent(
            ["kind": "form", "array_format": "repeat", "object_format": "dots"],
            body: ["ids": [1, 2], "where": ["x": 1]]
        )
        #expect(text(dotted) == "ids=1&ids=2&where.x=1")
    }

    @Test func `the connector's default holds where a call says nothing, and a content type can be another`()
        async throws
    {
        let call: JSONValue = ["method": "POST", "body": ["a": 1]]
        let sender = ScriptedSender(OrchardVendor.answer("[]"))
        let http: JSONValue = ["request_format": ["kind": "json", "content_type": "application/vnd.orchard+json"]]
        _ = try await OrchardVendor.call(OrchardVendor.document(list: call, http: http), sender)
        #expect(sender.requests.first?.headers[.contentType] == "application/vnd.orchard+json")
    }

    @Test func `XML gets its root, attributes, wrapped lists and namespaces`() async throws {
        let request = try await sent(
            [
                "kind": "xml", "root": "tree", "attributes": ["id"], "item_names": ["fruits": "fruit"],
                "namespaces": ["o": "urn:orchard"], "prefix": "o",
            ],
            body: ["id": 7, "fruits": ["plum", "<pear> & \"quince\""], "height": "3", "@state": "old"]
        )
        #expect(
            text(request) == #"<?xml version="1.0" encoding="UTF-8"?><o:tree xmlns:o="urn:orchard" id="7" state="old">"#
                + "<o:fruits><o:fruit>plum</o:fruit><o:fruit>&lt;pear&gt; &amp; \"quince\"</o:fruit></o:fruits>"
                + "<o:height>3</o:height></o:tree>"
        )
        #expect(request.headers[.contentType] == "application/xml; charset=utf-8")
    }

    @Test func `a body that XML cannot hold is refused before anything is sent`() async throws {
        await #expect(throws: Problem.self) { try await sent(["kind": "xml"], body: ["a b": 1]) }
        await #expect(throws: Problem.self) { try await sent(["kind": "xml"], body: ["a": 1, "b": 2]) }
    }

    @Test func `a SOAP 1.1 envelope has a body, header blocks and an action`() async throws {
        let request = try await sent(
            [
                "kind": "soap", "action": "urn:Get", "namespaces": ["o": "urn:orchard"], "prefix": "o",
                "qualify_attributes": true, "headers": ["Session": "s<1"],
            ],
            body: ["Get_Trees": ["@version": "v1", "Page": "{{paging.size|int}}"]]
        )
        #expect(
            text(request) == #"<?xml version="1.0" encoding="UTF-8"?>"#
                + #"<soapenv:Envelope xmlns:o="urn:orchard" xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">"#
                + "<soapenv:Header><o:Session>s&lt;1</o:Session></soapenv:Header><soapenv:Body>"
                + #"<o:Get_Trees o:version="v1"><o:Page>5</o:Page></o:Get_Trees></soapenv:Body></soapenv:Envelope>"#
        )
        #expect(request.headers[.contentType] == "text/xml; charset=utf-8")
        #expect(request.headers[try #require(HTTPField.Name("SOAPAction"))] == "\"urn:Get\"")
    }

    @Test func `a SOAP 1.2 envelope has its own namespace, and the action is in the content type`() async throws {
        let request = try await sent(["kind": "soap", "version": "1.2", "action": "urn:Get"], body: ["Get": [:]])
        #expect(text(request).contains(#"<soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope">"#))
        #expect(request.headers[.contentType] == #"application/soap+xml; charset=utf-8; action="urn:Get""#)
        #expect(request.headers[try #require(HTTPField.Name("SOAPAction"))] == nil)
    }

    @Test func `GraphQL sends its document, and the body is laid over the variables`() async throws {
        let request = try await sent(
            [
                "kind": "graphql", "document": "query { trees }",
                "variables": ["first": "{{paging.size|int}}", "kind": "x"],
            ],
            body: ["kind": "plum"]
        )
        #expect(request.json == ["query": "query { trees }", "variables": ["first": 5, "kind": "plum"]])
    }

    @Test func `multipart writes texts, files and lists, with a boundary that no part holds`() async throws {
        let request = try await sent(
            "multipart",
            body: [
                "name": "--tributary-part-1-end", "tags": ["a", "b"],
                "file": ["filename": "a.txt", "content_type": "text/plain", "base64": "aGkgdGhlcmU="], "more": ["x": 1],
            ]
        )
        #expect(request.headers[.contentType] == "multipart/form-data; boundary=tributary-part-2-end")
        let body = text(request)
        #expect(body.contains("name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi there\r\n"))
        #expect(body.contains("name=\"more\"\r\nContent-Type: application/json\r\n\r\n{\"x\":1}\r\n"))
        #expect(body.components("name=\"tags\"") == 2)
        #expect(body.hasSuffix("--tributary-part-2-end--\r\n"))
    }

    @Test func `a raw body is a text or the bytes of base64`() async throws {
        let plain = try await sent("raw", body: "a,b\n1,2\n")
        #expect(text(plain) == "a,b\n1,2\n")
        #expect(plain.headers[.contentType] == "text/plain; charset=utf-8")
        let binary = try await sent("raw", body: ["base64": "AAEC", "content_type": "image/x-test"])
        #expect(binary.body == [0, 1, 2])
        #expect(binary.headers[.contentType] == "image/x-test")
        await #expect(throws: Problem.self) { try await sent("raw", body: ["base64": "!"]) }
    }

    @Test func `a call without a body or without credentials is sent so`() async throws {
        let request = try await sent("none", body: ["a": 1], list: ["no_auth": true])
        #expect(request.body == nil)
        #expect(request.headers[.authorization] == nil)
        #expect(request.headers[.contentType] == nil)
    }

    @Test func `a query writes objects and blanks as the vendor reads them`() async throws {
        let query: JSONValue = ["query": ["where": ["$jsonata": #"{"a": {"b": "x y"}}"#]]]
        for (http, expected): (JSONValue, String) in [
            ([:], "where%5Ba%5D%5Bb%5D=x%20y"), (["query_object_format": "dots"], "where.a.b=x%20y"),
            (
                ["query_object_format": "json", "plus_as_space": true],
                "where=%7B%22a%22%3A%7B%22b%22%3A%22x+y%22%7D%7D"
            ),
        ] {
            let request = try await sent("none", body: nil, http: http, list: query)
            #expect(request.url.hasSuffix("?" + expected))
        }
    }

    @Test func `the user agent and redirects are the connector's`() async throws {
        let request = try await sent("none", body: nil, http: ["user_agent": "orchard/1", "redirects": ["max": 2]])
        #expect(request.headers[.userAgent] == "orchard/1")
        #expect(request.redirects.limit == 2)
        #expect(request.redirects.allowsHost("api.orchard.example") && !request.redirects.allowsHost("evil.example"))
        #expect(try await sent("none", body: nil).redirects.limit == 0)
    }
}

extension String {
    /// How often a text stands in this one.
    fileprivate func components(_ text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
