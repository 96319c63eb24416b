import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel

/// Real answers of the two vendors whose lists are cut in the oddest ways.
@Suite(.enabled(if: VendorSamples.arePresent, "the vendors' samples are not beside the package"))
struct CompanySampleTests {
    private static let closeResources = [
        "lead": "accounts", "contact": "contacts", "opportunit": "opportunities", "pipelines": "pipelines",
        "user": "users", "task": "tasks", "note": "notes",
    ]
    private static let pipedriveResources = [
        "get-persons": "contacts", "post-persons": "contacts", "get-organizations": "accounts",
        "post-organizations": "accounts", "patch-organizations": "accounts", "get-deals": "opportunities",
        "deal.get-v2": "opportunities", "post-deals": "opportunities", "patch-deals": "opportunities",
        "get-pipelines": "pipelines", "stages.list-v2": "stages", "get-stages": "stages",
        "get-users.": "users", "user.get-v1": "users", "users.list-v1": "users", "get-activities": "tasks",
        "lead.": "leads", "leads.": "leads", "get-leads.": "leads", "post-leads.": "leads", "patch-leads-id.": "leads",
        "notes.list-v1": "notes", "note.get-v1": "notes", "note.create-v1": "notes",
    ]

    private func check(_ connector: String, _ resources: [String: String]) throws -> Int {
        let preview = try ConnectorFiles.preview(connector)
        let model = try TestWorld.model()
        var count = 0
        for path in VendorSamples.paths("\(connector)/samples", where: { $0.hasSuffix(".json") }) {
            let name = String(path.split(separator: "/").last ?? "")
            guard
                let resource = resources.first(where: {
                    name.hasPrefix($0.key) || name.hasPrefix("spec-v1.\($0.key)") || name.hasPrefix("spec-v2.\($0.key)")
                })?.value,
                !name.contains("404"), !name.contains("delete"), !name.contains("search"), !name.contains("products"),
                let body = try VendorSamples.json(path)["response"]
            else { continue }
            let natives = body["data"]?.array
            let answer = try JSONValue(
                parsing: preview.map(
                    category: "crm",
                    resource: resource,
                    method: natives == nil ? "get" : "list",
                    body: body.bytes()
                )
            )
            let records = answer["result"]?.array ?? [answer]
            #expect(records.count == natives?.count ?? 1, "\(path)")
            for (record, native) in zip(records, natives ?? [body["data"] ?? body]) {
                #expect(record["remote_data"] == native, "\(path)")
                #expect(record["id"]?.string == (native["id"]?.string ?? native["id"]?.number?.text), "\(path)")
                let failures = model.resource("crm", resource)?.schema.failures(of: record)
                #expect(failures == [], "\(path)")
            }
            count += records.count
        }
        return count
    }

    @Test func `leads are companies, and all that belongs to them is mapped`() throws {
        #expect(try check("close", Self.closeResources) > 20)
    }

    @Test func `both versions of an interface are mapped`() throws {
        #expect(try check("pipedrive", Self.pipedriveResources) > 15)
    }
}
