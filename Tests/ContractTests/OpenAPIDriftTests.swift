import Foundation
import JSONValue
import ServiceKit
import TestSupport
import Testing

/// The references under `openapi/` are made from the endpoints and are what clients read.
struct OpenAPIDriftTests {
    static func document(_ service: ServiceUnderTest) -> JSONValue {
        OpenAPIDocument(service: service.name, endpoints: service.endpoints).json
    }

    @Test(arguments: ServiceUnderTest.all)
    func `the reference in the repository is the one of the code`(service: ServiceUnderTest) throws {
        let file = TestDatabase.packageRoot.appending(path: "openapi/\(service.file)")
        let text = Self.document(service).text(.pretty) + "\n"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let known = try? String(contentsOf: file, encoding: .utf8)
        #expect(known == text, "run UPDATE_GOLDENS=1 ops/test ContractTests and commit openapi/\(service.file)")
    }

    @Test(arguments: ServiceUnderTest.all)
    func `the reference is sound OpenAPI 3.1`(service: ServiceUnderTest) {
        #expect(OpenAPICheck.faults(Self.document(service)) == [])
    }

    @Test(arguments: ServiceUnderTest.all)
    func `every operation says what it is for and what it answers`(service: ServiceUnderTest) {
        for endpoint in service.endpoints {
            let name = endpoint.operationID
            #expect(!endpoint.summary.isEmpty && endpoint.summary.count <= 100, "\(name): summary")
            let statuses = endpoint.responses.map(\.status)
            #expect(Set(statuses).count == statuses.count, "\(name): a status stands twice")
            #expect(statuses.contains { $0 < 400 }, "\(name): no success")
            for response in endpoint.responses {
                #expect(!response.description.isEmpty, "\(name): \(response.status) has no description")
                let hasBody = response.status < 300 && response.status != 204
                #expect(!hasBody || response.schema != nil, "\(name): \(response.status) has no schema")
            }
            for parameter in endpoint.query {
                #expect(!parameter.description.isEmpty, "\(name): \(parameter.name) has no description")
            }
        }
    }
}
