import HTTPTypes
import JSONValue
import ServiceKit
import Testing

struct OpenAPIDocumentTests {
    static let document = OpenAPIDocument(
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
        ],
        title: "Things",
        description: "Keeps things."
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
            get?["responses"]?["503"]?["content"]?["application/problem+json"]?["schema"]
                == ["$ref": "#/components/schemas/Error"]
        )
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

/// What OpenAPI 3.1 asks of a document, as far as our generator could break it.
enum OpenAPICheck {
    static func faults(_ document: JSONValue) -> [String] {
        var faults: [String] = []
        func expect(_ holds: Bool, _ fault: String) {
            if !holds { faults.append(fault) }
        }
        expect(document["openapi"] == "3.1.0", "openapi")
        expect(document["info"]?["title"]?.string != nil && document["info"]?["version"]?.string != nil, "info")
        var operationIDs: Set<String> = []
        for path in document["paths"]?.object ?? [:] {
            expect(path.key.hasPrefix("/") && !path.key.contains("..."), "path \(path.key)")
            let names = path.key.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
            for item in path.value.object ?? [:] {
                let place = "\(item.key) \(path.key)"
                expect(["get", "put", "post", "delete", "patch"].contains(item.key), "method \(place)")
                let operation = item.value
                let id = operation["operationId"]?.string ?? ""
                expect(operationIDs.insert(id).inserted && !id.isEmpty, "operationId \(place)")
                let parameters = operation["parameters"]?.array ?? []
                let inPath = parameters.filter { $0["in"] == "path" }
                expect(inPath.compactMap { $0["name"]?.string } == names, "path parameters \(place)")
                expect(inPath.allSatisfy { $0["required"] == true }, "required \(place)")
                expect(parameters.allSatisfy { $0["schema"]?.object != nil }, "schema \(place)")
                let responses = operation["responses"]?.object ?? [:]
                expect(!responses.isEmpty, "responses \(place)")
                for response in responses {
                    expect(
                        response.value["description"]?.string?.isEmpty == false,
                        "description \(place) \(response.key)"
                    )
                }
                for scheme in operation["security"]?[0]?.object ?? [:] {
                    expect(document["components"]?["securitySchemes"]?[scheme.key] != nil, "security \(place)")
                }
            }
        }
        for reference in references(document) {
            let tokens = reference.split(separator: "/").dropFirst()
            let target = tokens.reduce(Optional(document)) { $0?[String($1)] }
            expect(reference.hasPrefix("#/") && target != nil, "reference \(reference)")
        }
        return faults
    }

    private static func references(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.flatMap { member in
                member.key == "$ref" ? [member.value.string ?? ""] : references(member.value)
            }
        case .array(let array): array.flatMap(references)
        default: []
        }
    }
}
