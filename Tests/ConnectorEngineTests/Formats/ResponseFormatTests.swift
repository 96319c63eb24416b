import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import Testing
import Vocabulary

/// Answers in each format, down to the unified records.
struct ResponseFormatTests {
    private func list(
        _ format: JSONValue,
        _ answer: InboundResponse,
        records: JSONValue = "",
        more: JSONValue = [:]
    ) async throws -> [JSONValue] {
        let call: JSONValue = ["response_format": format, "records_path": records]
        let document = OrchardVendor.document(list: call.overlaid(by: more))
        return try await OrchardVendor.call(document, ScriptedSender(answer))["result"]?.array ?? []
    }

    private func names(_ records: [JSONValue]) -> [String] { records.compactMap { $0["first_name"]?.string } }

    @Test(arguments: ["ndjson", "json_lines"])
    func `JSON lines are a list`(format: String) async throws {
        let answer = OrchardVendor.answer(
            "{\"id\":1,\"name\":\"A\"}\n\n{\"id\":2,\"name\":\"B\"}\n",
            "application/x-ndjson"
        )
        #expect(try await names(list(.string(format), answer)) == ["A", "B"])
    }

    @Test func `XML becomes JSON once, and its records are shown in that form`() async throws {
        let answer = OrchardVendor.answer(
            #"<o:trees xmlns:o="urn:o"><o:tree o:id="1"><o:id>1</o:id><o:name>Björn &amp; Söhne</o:name></o:tree></o:trees>"#,
            "text/xml"
        )
        let records = try await list("xml", answer, records: "trees.tree")
        #expect(names(records) == ["Björn & Söhne"])
        #expect(records.first?["remote_data"] == ["@id": "1", "id": "1", "name": "Björn & Söhne"])
    }

    @Test(arguments: ["<trees/>", "<trees><tree/></trees>", "<trees><x>1</x></trees>"])
    func `an element that is missing or empty is an empty list in XML`(text: String) async throws {
        #expect(try await list("xml", OrchardVendor.answer(text, "text/xml"), records: "trees.tree") == [])
    }

    @Test func `prefixes can be kept, elements be always lists, and attributes have another prefix`() async throws {
        let answer = OrchardVendor.answer(#"<o:t xmlns:o="u"><o:r n="1">x</o:r></o:t>"#, "text/xml")
        let records = try await list(
            [
                "kind": "xml", "namespaces": "keep", "attribute_prefix": "_", "text_key": "value",
                "force_array": ["o:t/o:r"],
            ],
            answer,
            records: "o:t.o:r",
            more: ["record_expr": ["$jsonata": #"response.{"id": `_n`, "name": value}"#]]
        )
        #expect(names(records) == ["x"])
    }

    @Test func `a SOAP answer is what stands in the envelope's body`() async throws {
        let envelope = #"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>"#
        let answer = OrchardVendor.answer(
            envelope + "<T><R><id>1</id><name>A</name></R><R><id>2</id><name>B</name></R></T></e:Body></e:Envelope>",
            "text/xml"
        )
        #expect(try await names(list("soap", answer, records: "T.R")) == ["A", "B"])
    }

    @Test func `separated values are rows with the header's names`() async throws {
        let csv = OrchardVendor.answer("id;name\n1;\"A;\"\"x\"\"\"\n2;B\n", "text/csv")
        #expect(try await names(list(["kind": "csv", "delimiter": ";"], csv)) == ["A;\"x\"", "B"])
        let tsv = OrchardVendor.answer("1\tA\n2\tB\n", "text/tab-separated-values")
        #expect(try await names(list(["kind": "tsv", "header": ["id", "name"]], tsv)) == ["A", "B"])
        let latin = InboundResponse(status: 200, body: Array("id,name\n1,".utf8) + [0xC4, 0x0A])
        #expect(try await names(list(["kind": "csv", "encoding": "iso-8859-1"], latin)) == ["Ä"])
    }

    @Test func `text and bytes are a record that an expression can read`() async throws {
        let text = OrchardVendor.answer("1|A", "text/plain")
        let expression: JSONValue = [
            "record_expr": ["$jsonata": #"($p := $split(response.text, "|"); {"id": $p[0], "name": $p[1]})"#]
        ]
        #expect(try await names(list("text", text, more: expression)) == ["A"])
        let bytes = OrchardVendor.answer("AB", "image/x-test")
        let whole: JSONValue = [
            "record_expr": ["$jsonata": #"response.{"id": content_type, "name": base64}"#]
        ]
        #expect(try await names(list("binary", bytes, more: whole)) == ["QUI="])
    }

    @Test func `a web page where data belongs is refused with words that say so`() async throws {
        for format in ["json", "xml", "csv", "ndjson"] {
            let page = OrchardVendor.answer(
                "<!DOCTYPE html><html><body>Sign in</body></html>",
                "text/html; charset=utf-8"
            )
            let problem = try #require(
                try await OrchardVendor.problem(
                    OrchardVendor.document(list: ["response_format": .string(format)]),
                    page
                )
            )
            #expect(problem.code == .remoteBadResponse)
            #expect(problem.message.contains("web page"))
            #expect(problem.remote?.body == nil)
        }
    }

    @Test(arguments: [("xml", "<a><b></a>"), ("soap", "<a/>"), ("csv", "a,b\n1"), ("ndjson", "{"), ("json", "{")])
    func `a body that is not in its format is a bad response`(format: String, text: String) async throws {
        let document = OrchardVendor.document(list: ["response_format": .string(format)])
        let problem = try await OrchardVendor.problem(document, OrchardVendor.answer(text, "application/octet-stream"))
        #expect(problem?.code == .remoteBadResponse)
    }

    @Test func `a path to the records leads through lists and through all members`() async throws {
        let answer = OrchardVendor.answer(
            #"{"rows":[{"trees":[{"id":1,"name":"A"}]},{"trees":[{"id":2,"name":"B"}]},{}],"map":{"x":{"id":3,"name":"C"}}}"#
        )
        #expect(try await names(list("json", answer, records: "rows.trees")) == ["A", "B"])
        #expect(try await names(list("json", answer, records: "map.*")) == ["C"])
        let nested = OrchardVendor.answer(#"{"rows":[]}"#)
        #expect(try await names(list("json", nested, records: "rows.trees")) == [])
    }

    @Test func `an element becomes several records or none, and numbers keep their digits`() async throws {
        let answer = OrchardVendor.answer(
            #"[{"owner":"O","trees":[{"id":10000000000000000999,"name":"A"},{"id":2,"name":"B"}]},{"owner":"P","trees":[]}]"#
        )
        let records = try await list(
            "json",
            answer,
            more: ["record_expr": ["$jsonata": #"response.($o := owner; trees.{"id": id, "name": name, "owner": $o})"#]]
        )
        #expect(names(records) == ["A", "B"])
        #expect(records.first?["id"] == "10000000000000000999")
        #expect(records.first?["remote_data"]?["owner"] == "O")
    }

    @Test func `records that an element became are cut like others`() async throws {
        let answer = OrchardVendor.answer(
            #"[{"t":[{"id":1,"name":"A"},{"id":2,"name":"B"}]},{"t":[{"id":3,"name":"C"}]}]"#
        )
        let document = OrchardVendor.document(list: ["record_expr": ["$jsonata": "response.t"]])
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await OrchardVendor.call(
                document,
                ScriptedSender(answer),
                query: [("limit", "2")] + (cursor.map { [("next_cursor", $0)] } ?? [])
            )
            seen += names(page["result"]?.array ?? [])
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        #expect(seen == ["A", "B", "C"])
    }

    @Test func `an empty result is told by a status, by a condition, or by no content`() async throws {
        let rules: JSONValue = ["empty_when": ["status": 404, "expr": ["$jsonata": "response.code = 7"]]]
        #expect(try await list("json", OrchardVendor.answer(#"{"code":7}"#, status: 404), more: rules) == [])
        await #expect(throws: Problem.self) {
            try await list("json", OrchardVendor.answer(#"{"code":8}"#, status: 404), more: rules)
        }
        #expect(try await list("json", InboundResponse(status: 204)) == [])
        #expect(try await list("json", InboundResponse(status: 404), more: ["empty_when": ["status": [404]]]) == [])
    }

    @Test func `a list without elements is no record`() async throws {
        let document = OrchardVendor.document(list: ["records_path": "found"])
        let empty = try await OrchardVendor.problem(document, OrchardVendor.answer(#"{"found":[]}"#), method: "get")
        #expect(empty?.code == .remoteNotFound)
        let one = OrchardVendor.answer(#"{"found":[{"id":7,"name":"A"}]}"#)
        #expect(try await OrchardVendor.call(document, ScriptedSender(one), method: "get")["first_name"] == "A")
    }

    @Test func `success is what the connector says, whatever the status`() async throws {
        let rules: JSONValue = ["success_when": ["$jsonata": "response.ok = true"], "records_path": "rows"]
        let good = OrchardVendor.answer(#"{"ok":true,"rows":[{"id":1,"name":"A"}]}"#, status: 418)
        #expect(try await names(list("json", good, records: "rows", more: rules)) == ["A"])
        let document = OrchardVendor.document(
            list: rules,
            more: [
                "errors": [["when": ["code": "LATE"], "as": "remote_rate_limited"]],
                "error_body": ["code": ["$jsonata": "response.code"]],
            ]
        )
        let problem = try await OrchardVendor.problem(document, OrchardVendor.answer(#"{"ok":false,"code":"LATE"}"#))
        #expect(problem?.code == .remoteRateLimited)
    }
}
