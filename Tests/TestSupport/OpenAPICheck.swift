package import JSONValue

/// What OpenAPI 3.1 asks of a document, as far as our generator could break it.
package enum OpenAPICheck {
    /// Names everything that is wrong with `document`.
    package static func faults(_ document: JSONValue) -> [String] {
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
                expect(["get", "put", "post", "delete", "patch", "options"].contains(item.key), "method \(place)")
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
                        response.value["description"]?.string?.isEmpty == false || response.value["$ref"] != nil,
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
