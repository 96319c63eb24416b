import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel

/// Real answers of the two CRMs with most resources, through their mappings and against the model.
@Suite(.enabled(if: VendorSamples.arePresent, "the vendors' samples are not beside the package"))
struct CRMSampleTests {
    /// The unified records that an answer gives, each valid and with the vendor's own record beside it.
    private func mapped(_ connector: String, _ resource: String, _ method: String, _ path: String) throws
        -> [JSONValue]
    {
        let sample = try VendorSamples.json(path)
        let body = try #require(sample["response"] ?? sample["body"], "\(path)")
        let answer = try JSONValue(
            parsing: ConnectorFiles.preview(connector).map(
                category: "crm",
                resource: resource,
                method: method,
                body: body.bytes()
            )
        )
        let records = method == "list" ? answer["result"]?.array ?? [] : [answer]
        let schema = try #require(TestWorld.model().resource("crm", resource)).schema
        for record in records {
            #expect(schema.failures(of: record) == [], "\(path)")
            #expect(record["remote_data"]?.object?.isEmpty == false, "\(path)")
        }
        return records
    }

    /// Nothing is lost: each native member is mapped, among the custom fields, or at least in `remote_data`.
    @Test func `every record of a query language's answers is valid and whole`() throws {
        let resources = ["Opportunity": "opportunities", "User": "users"]
        var seen: Set<String> = []
        for path in VendorSamples.paths("salesforce/samples", where: { $0.hasSuffix(".json") }) {
            let body = try VendorSamples.json(path)["response"]
            guard let natives = body?["records"]?.array, let type = natives.first?["attributes"]?["type"]?.string,
                let resource = resources[type]
            else { continue }
            let records = try mapped("salesforce", resource, "list", path)
            #expect(records.map { $0["remote_data"] } == natives.map(Optional.some), "\(path)")
            #expect(records.map { $0["id"] } == natives.map { $0["Id"] }, "\(path)")
            seen.insert(resource)
        }
        #expect(seen.count == resources.count)
    }

    /// What a sample of nested records is about, by the start of its name.
    private static let nested = [
        "deal": "opportunities", "task": "tasks", "note": "notes", "owner": "users", "docs.owners": "users",
        "pipelines": "pipelines",
    ]

    @Test func `every record whose fields are nested is valid and whole`() throws {
        var seen: Set<String> = []
        for path in VendorSamples.paths("hubspot/samples", where: { $0.hasSuffix(".json") }) {
            let name = path.split(separator: "/").last ?? ""
            let sample = try VendorSamples.json(path)
            guard let resource = Self.nested.first(where: { name.hasPrefix($0.key) })?.value,
                let body = sample["response"] ?? sample["body"]
            else { continue }
            if let natives = body["results"]?.array {
                let records = try mapped("hubspot", resource, "list", path)
                #expect(records.map { $0["remote_data"] } == natives.map(Optional.some), "\(path)")
                seen.insert(resource)
            } else if body["id"] != nil, body["properties"] != nil || body["userId"] != nil {
                #expect(try mapped("hubspot", resource, "get", path)[0]["remote_data"] == body, "\(path)")
                seen.insert(resource)
            }
        }
        #expect(seen == Set(Self.nested.values))
    }

    @Test func `what nested records say is in the unified ones`() throws {
        let deal = try mapped("hubspot", "opportunities", "list", "hubspot/samples/deals.list.json")[1]
        #expect(deal["amount"]?.number?.text == "5000.00")
        #expect(deal["stage"] == ["id": "appointmentscheduled"] && deal["pipeline"] == ["id": "default"])
        #expect(deal["status"] == nil, "the sample does not say whether the deal is closed")
        let moved = try mapped("hubspot", "opportunities", "get", "hubspot/samples/deal.update.json")[0]
        #expect(moved["status"] == "open" && moved["win_probability"] == 40 && moved["close_date"] == "2026-12-31")
        let task = try mapped("hubspot", "tasks", "list", "hubspot/samples/tasks.list.json")[0]
        #expect(task["contacts"] == [["id": "713802347732"]])
        #expect(task["priority"] == "other" && task["remote_values"]?["/priority"] == "NONE")
        let stages = try mapped("hubspot", "pipelines", "list", "hubspot/samples/pipelines.deals.json")[0]["stages"]
        #expect(stages?.array?.map { $0["outcome"] } == ["open", "open", "open", "open", "open", "won", "lost"])
    }

    @Test func `what flat records say is in the unified ones`() throws {
        let found = try mapped("salesforce", "opportunities", "list", "salesforce/samples/opportunities.query.json")[1]
        #expect(found["stage"] == ["id": "Negotiation/Review", "name": "Negotiation/Review"])
        #expect(found["amount"] == 125000 && found["close_date"] == "2026-02-24" && found["status"] == nil)
        let user = try mapped("salesforce", "users", "get", "salesforce/samples/user.get.json")[0]
        #expect(user["is_active"] == true && user["username"]?.string?.isEmpty == false)
        let users = try mapped("salesforce", "users", "list", "salesforce/samples/users.query.json")
        #expect(users[0]["name"] == "Automated Process" && users[2]["name"] == "Data.com Clean")
    }
}
