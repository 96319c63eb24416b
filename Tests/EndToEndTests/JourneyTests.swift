import Foundation
import HTTPTypes
import JSONValue
import Testing

/// What a product does with a CRM, in the same lines for each vendor.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts")) struct JourneyTests {
    static let accounts = ["ACCOUNT_SALESFORCE", "ACCOUNT_HUBSPOT"]

    let installation: Installation

    init() throws {
        installation = try Installation.shared.get()
    }

    /// A unified call for one account; the body of a good answer.
    private func crm(
        _ method: HTTPRequest.Method,
        _ path: String,
        of account: String,
        _ body: JSONValue? = nil
    ) async throws -> JSONValue {
        let sign = path.contains("?") ? "&" : "?"
        let answer = try await installation.call(
            method,
            "\(installation["TRIBUTARY_API_URL"])/unified/crm/\(path)\(sign)integrated_account_id=\(installation[account])",
            body: body
        )
        try #require((200...201).contains(answer.status), "\(method) \(path): \(answer.body.text())")
        return answer.body
    }

    @Test(arguments: accounts)
    func `contact, call, task and the next stage take the same lines on every vendor`(account: String) async throws {
        let email = "journey.\(UUID().uuidString.prefix(8).lowercased())@example.com"
        let search = "contacts?email_addresses[email]=\(email)&limit=1"
        #expect(try await crm(.get, search, of: account)["result"] == [])
        let contact = try await crm(
            .post,
            "contacts",
            of: account,
            [
                "first_name": "Nadia", "last_name": "Okafor",
                "email_addresses": [["email": .string(email), "type": "work", "is_primary": true]],
            ]
        )
        let contactID = try #require(contact["id"]?.string)
        #expect(contact["first_name"] == "Nadia" && contact["last_name"] == "Okafor")
        #expect(try await crm(.get, search, of: account)["result"]?[0]?["id"] == .string(contactID))

        let call = try await crm(
            .post,
            "engagements",
            of: account,
            [
                "type": "call", "subject": "Intro", "direction": "outbound", "status": "completed",
                "start_time": "2026-06-01T00:00:00Z", "duration_seconds": 90, "contacts": [["id": .string(contactID)]],
            ]
        )
        #expect(call["type"] == "call" && call["direction"] == "outbound" && call["status"] == "completed")
        #expect(call["duration_seconds"] == 90 && call["contacts"] == [["id": .string(contactID)]])
        let callID = try #require(call["id"]?.string)
        let logged = try await crm(.get, "engagements?type=call&contacts[id]=\(contactID)", of: account)["result"]
        #expect(logged?.array?.map { $0["id"] } == [.string(callID)])

        let found = try await crm(.get, "opportunities?status=open&limit=1", of: account)["result"]?[0]
        let opportunity = try #require(found)
        let opportunityID = try #require(opportunity["id"]?.string)
        let task = try await crm(
            .post,
            "tasks",
            of: account,
            [
                "subject": "Send the offer", "status": "open", "priority": "high", "due_date": "2026-07-01T00:00:00Z",
                "contacts": [["id": .string(contactID)]], "opportunities": [["id": .string(opportunityID)]],
            ]
        )
        let taskID = try #require(task["id"]?.string)
        #expect(task["status"] == "open" && task["priority"] == "high" && task["due_date"] == "2026-07-01T00:00:00Z")
        #expect(task["opportunities"] == [["id": .string(opportunityID)]])
        let done = try await crm(.patch, "tasks/\(taskID)", of: account, ["status": "completed"])
        #expect(done["status"] == "completed" && done["subject"] == "Send the offer")
        #expect(done["contacts"] == [["id": .string(contactID)]], "what a change does not name stays")

        try await move(opportunity, of: account)

        for (resource, id) in [("tasks", taskID), ("engagements", callID), ("contacts", contactID)] {
            #expect(try await crm(.delete, "\(resource)/\(id)", of: account) == ["id": .string(id)])
        }
        #expect(try await crm(.get, search, of: account)["result"] == [])
    }

    /// Moves an opportunity through all open stages of its pipeline, and back to where it was.
    private func move(_ opportunity: JSONValue, of account: String) async throws {
        let id = try #require(opportunity["id"]?.string)
        let pipeline = try #require(opportunity["pipeline"]?["id"]?.string)
        let stages = try #require(
            try await crm(.get, "stages?pipeline[id]=\(pipeline)&limit=100", of: account)["result"]?.array
        )
        let open = stages.filter { $0["outcome"] == "open" }
            .sorted { ($0["position"]?.int ?? 0) < ($1["position"]?.int ?? 0) }
        try #require(open.count >= 2 && open.contains { $0["id"] == opportunity["stage"]?["id"] })
        for stage in open + [opportunity["stage"] ?? .null] {
            let link: JSONValue = ["id": stage["id"] ?? .null]
            let moved = try await crm(.patch, "opportunities/\(id)", of: account, ["stage": link])
            #expect(moved["stage"]?["id"] == stage["id"] && moved["status"] == "open")
            #expect(moved["name"] == opportunity["name"] && moved["pipeline"]?["id"] == opportunity["pipeline"]?["id"])
        }
    }

    @Test(arguments: accounts)
    func `a form for a new record has the account's own fields`(account: String) async throws {
        let answer = try await crm(.get, "contacts/meta/create", of: account)
        let fields = try #require(answer["body_schema"]?["properties"])
        for name in ["first_name", "last_name", "email_addresses", "phone_numbers", "account", "owner"] {
            #expect(fields[name] != nil, "\(name)")
        }
        let custom = fields["custom_fields"]?["properties"]?.object ?? [:]
        let tier = custom.first { $0.key.lowercased().hasPrefix("customer_tier") }?.value
        #expect(tier?["enum"]?.array?.contains("gold") == true, "\(JSONValue.object(custom).text())")
    }

    @Test func `the script of a product runs through on both`() throws {
        let python = ProcessInfo.processInfo.environment["TRIBUTARY_TEST_PYTHON"] ?? "python3"
        let script = Installation.root.appendingPathComponent("ops/demo-journey").path
        let result = try Installation.run(python, [script], [:])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("ok: salesforce") && result.output.contains("ok: hubspot"))
    }
}
