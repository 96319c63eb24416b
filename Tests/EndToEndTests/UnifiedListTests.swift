import Foundation
import JSONValue
import Testing
import UnifiedModel

@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts")) struct UnifiedListTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let account: String
        let resource: String
        /// Where a native record has its id; a path.
        let idField: String
        let count: Int
        var testDescription: String { "\(resource) of \(account)" }
    }

    static let cases = [
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/contacts", idField: "Id", count: 230),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/accounts", idField: "Id", count: 120),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/contacts", idField: "id", count: 240),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/accounts", idField: "id", count: 140),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/opportunities", idField: "Id", count: 180),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/tasks", idField: "Id", count: 156),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/engagements", idField: "Id", count: 214),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/notes", idField: "Id", count: 90),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/users", idField: "Id", count: 12),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/opportunities", idField: "id", count: 170),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/tasks", idField: "id", count: 120),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/notes", idField: "id", count: 85),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/users", idField: "id", count: 5),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/pipelines", idField: "id", count: 2),
        Case(account: "ACCOUNT_SALESFORCE", resource: "crm/stages", idField: "ApiName", count: 10),
        Case(account: "ACCOUNT_HUBSPOT", resource: "crm/stages", idField: "id", count: 11),
        Case(account: "ACCOUNT_CLOSE", resource: "crm/pipelines", idField: "id", count: 2),
        Case(account: "ACCOUNT_CLOSE", resource: "crm/stages", idField: "id", count: 8),
        Case(account: "ACCOUNT_BAMBOOHR", resource: "hris/employees", idField: "id", count: 210),
        Case(account: "ACCOUNT_ADP", resource: "hris/employees", idField: "associateOID", count: 235),
        Case(
            account: "ACCOUNT_WORKDAY",
            resource: "hris/employees",
            idField: "Worker_Reference.ID.0.#text",
            count: 320
        ),
        Case(account: "ACCOUNT_WORKDAY", resource: "hris/employments", idField: "key", count: 349),
        Case(account: "ACCOUNT_NETSUITE", resource: "crm/contacts", idField: "id", count: 260),
        Case(account: "ACCOUNT_NETSUITE", resource: "crm/users", idField: "id", count: 6),
    ]

    let installation: Installation
    let model: UnifiedModel

    init() throws {
        installation = try Installation.shared.get()
        let folder = Installation.root.appendingPathComponent("openapi/models")
        var documents: [String: JSONValue] = [:]
        for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? []
        where name.hasSuffix(".json") {
            documents[name] = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
        }
        model = try UnifiedModel(documents: documents)
    }

    @Test(arguments: cases)
    func `pages give every record once, each valid and with the vendor's own`(of: Case) async throws {
        let parts = of.resource.split(separator: "/").map(String.init)
        let resource = try #require(model.resource(parts[0], parts[1]))
        // The first pages by two, to see paging at its smallest; the rest by many.
        var seen: [String] = []
        var cursor: String?
        var pages = 0
        repeat {
            let limit = pages < 12 ? 2 : 50
            let next = cursor.map { "&next_cursor=\($0)" } ?? ""
            let answer = try await installation.api(
                "/unified/\(of.resource)?integrated_account_id=\(installation[of.account])&limit=\(limit)\(next)"
            )
            try #require(answer.status == 200, "\(answer.body.text())")
            for record in answer.body["result"]?.array ?? [] {
                #expect(resource.schema.failures(of: record).isEmpty, "\(record.text())")
                let id = try #require(record["id"]?.string)
                let native = try #require(record["remote_data"])
                let own = of.idField.split(separator: ".").reduce(native as JSONValue?) { value, name in
                    Int(name).flatMap { value?[$0] } ?? value?[String(name)]
                }
                #expect(own?.string == id)
                seen.append(id)
            }
            cursor = answer.body["next_cursor"]?.string
            pages += 1
        } while cursor != nil && pages < 400
        #expect(seen.count == of.count)
        #expect(Set(seen).count == seen.count)
    }

    @Test func `remote_data is the vendor's record, byte for byte`() async throws {
        let account = installation["ACCOUNT_SALESFORCE"]
        let unified = try await installation.api("/unified/crm/contacts?integrated_account_id=\(account)&limit=1")
        let record = try #require(unified.body["result"]?[0])
        let id = try #require(record["id"]?.string)
        let native = try await installation.api("/proxy/@\(account)/services/data/v66.0/sobjects/Contact/\(id)")
        let whole = try await installation.api("/unified/crm/contacts/\(id)?integrated_account_id=\(account)")
        #expect(whole.body["remote_data"]?.bytes() == native.body.bytes())
    }

    @Test func `a filter reaches the vendor and finds what it names`() async throws {
        let account = installation["ACCOUNT_HUBSPOT"]
        let answer = try await installation.api(
            "/unified/crm/contacts?integrated_account_id=\(account)&first_name=Amara&limit=50"
        )
        let names = (answer.body["result"]?.array ?? []).compactMap { $0["first_name"]?.string }
        #expect(answer.status == 200 && !names.isEmpty && names.allSatisfy { $0 == "Amara" })
    }
}
