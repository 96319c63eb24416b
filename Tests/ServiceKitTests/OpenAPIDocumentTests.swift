import HTTPTypes
import JSONValue
import ServiceKit
import TestSupport
import Testing

struct OpenAPIDocumentTests {
    static let document = OpenAPIDocument(
        service: .registry,
        endpoints: [
            EndpointResponderTests.list, EndpointResponderTests.create,
            Endpoint(
                .get,
                "/things/{id}",
                operationID: "getThing",
                summary: "One",
                tags: ["Things"],
                access: .admin([.platform]),
                responses: [
                    ResponseSpec(200, "It", schema: ["type": "object"]), ResponseSpec(409, "Changed meanwhile"),
                ]
            ) { _ in .empty() },
            Endpoint(
                .get,
                "/proxy/@{account}/{rest...}",
                operationID: "proxy",
                summary: "Raw",
                access: .service([.executor]),
                allowsAnyQuery: true,
                responses: [ResponseSpec(204, "Done")]
            ) { _ in .empty() },
            Endpoint(
                .get,
                "/hidden",
                operationID: "hidden",
                summary: "x",
                access: .public,
                responses: [],
                isDocumented: false
            ) { _ in .empty() },
        ]
    ).json

    @Test func `the document is sound OpenAPI 3.1`() {
        #expect(OpenAPICheck.faults(Self.document) == [])
    }

    @Test func `each operation says who may call it and how it fails`() {
        let get = Self.document["paths"]?["/things/{id}"]?["get"]
        #expect(get?["security"]?.text() == #"[{"apiKey":["admin","platform"]}]"#)
        #expect(get?["responses"]?.object?.keys == ["200", "400", "401", "403", "404", "409", "431", "500", "503"])
        #expect(get?["responses"]?["409"]?["description"] == "Changed meanwhile")
        #expect(
            Self.document["components"]?["responses"]?["Error503"]?["content"]?["application/problem+json"]?["schema"]?[
                "$ref"
            ]
                == "#/components/schemas/Error"
        )
        #expect(get?["responses"]?["503"]?["$ref"] == "#/components/responses/Error503")
        let create = Self.document["paths"]?["/things"]?["post"]
        #expect(create?["security"]?.text() == "[]")
        #expect(create?["responses"]?.object?.keys == ["201", "400", "413", "415", "431", "500", "503"])
        let proxy = Self.document["paths"]?["/proxy/@{account}/{rest}"]?["get"]
        #expect(proxy?["security"]?.text() == #"[{"serviceToken":[]}]"#)
        #expect(proxy?["parameters"]?.array?.compactMap { $0["name"]?.string } == ["account", "rest"])
        #expect(Self.document["paths"]?["/hidden"] == nil)
    }

    @Test func `query parameters keep their kinds`() {
        let parameters = Self.document["paths"]?["/things"]?["get"]?["parameters"]?.array ?? []
        #expect(parameters[0]["schema"]?.text() == #"{"type":"integer","minimum":1,"maximum":200}"#)
        #expect(parameters[3]["schema"]?.text() == #"{"type":"array","items":{"type":"string"}}"#)
        #expect(parameters[4]["style"] == "deepObject")
    }
}
