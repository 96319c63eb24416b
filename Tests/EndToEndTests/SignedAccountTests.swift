import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

/// An account whose requests are signed each for itself, before a vendor that checks the signatures.
@Suite(.serialized, .enabled(if: Installation.isRunning, "needs the installation that ops/test starts"))
struct SignedAccountTests {
    let installation: Installation

    init() throws {
        installation = try Installation.shared.get()
    }

    private var account: String { installation["ACCOUNT_NETSUITE"] }

    private func list(_ resource: String, _ query: String) async throws -> [JSONValue] {
        let answer = try await installation.api("/unified/\(resource)?integrated_account_id=\(account)&\(query)")
        try #require(answer.status == 200, "\(answer.body.text())")
        return answer.body["result"]?.array ?? []
    }

    @Test func `the vendor takes no request without a signature`() async throws {
        let sender = try CurlSender(CurlConfig(caFile: installation["TRIBUTARY_CA_FILE"]))
        let answer = try await sender.send(
            OutboundRequest(
                method: .get,
                url: installation["SANDBOX_NETSUITE"] + "/services/rest/record/v1/customer?limit=1",
                headers: [.authorization: "OAuth realm=\"TRIBUTARY_SB1\", oauth_consumer_key=\"sandbox-consumer\""],
                identity: ConnectionIdentity(partition: "unsigned"),
                destination: .service
            )
        )
        #expect(answer.status == 401)
        let details = try JSONValue(parsing: answer.body)["o:errorDetails"]
        #expect(details?[0]?["o:errorCode"] == "INVALID_LOGIN")
    }

    @Test func `filters are bound values of a statement, whatever stands in them`() async throws {
        let brothers = try await list("crm/contacts", "last_name%5Bcontains%5D=O%27Br&limit=50")
        #expect(!brothers.isEmpty)
        #expect(brothers.allSatisfy { $0["last_name"] == "O'Brien" })
        let some = try await list(
            "crm/contacts",
            "account%5Bid%5D%5Bin%5D=1101,1102&sort_by%5Bupdated_at%5D=desc&limit=10"
        )
        #expect(Set(some.compactMap { $0["account"]?["id"]?.string }) == ["1101", "1102"])
        let times = some.compactMap { $0["updated_at"]?.string }
        #expect(times == times.sorted(by: >))
        let late = try await list("crm/accounts", "updated_after=2026-03-14T00:00:00Z&limit=100")
        #expect(!late.isEmpty)
        #expect(late.allSatisfy { ($0["updated_at"]?.string ?? "") > "2026-03-14T00:00:00Z" })
    }

    @Test func `what is written is read back, changed and taken away`() async throws {
        let unified = installation["TRIBUTARY_API_URL"] + "/unified/crm/contacts"
        let made = try await installation.call(
            .post,
            unified + "?integrated_account_id=\(account)",
            body: [
                "first_name": "Sunniva", "last_name": "Moe", "account": ["id": "1105"],
                "email_addresses": [["email": "sunniva.moe@example.com", "type": "work"]],
                "phone_numbers": [["number": "+47 555 01 77", "type": "mobile"]],
            ]
        )
        try #require(made.status == 201 || made.status == 200, "\(made.body.text())")
        let id = try #require(made.body["id"]?.string)
        #expect(made.body["account"]?["id"] == "1105")
        #expect(made.body["phone_numbers"]?[0]?["type"] == "mobile")
        let path = unified + "/\(id)?integrated_account_id=\(account)"
        let changed = try await installation.call(.patch, path, body: ["title": "Head of Nets"])
        #expect(changed.status == 200, "\(changed.body.text())")
        #expect(changed.body["title"] == "Head of Nets")
        #expect(changed.body["last_name"] == "Moe")
        #expect(try await installation.call(.delete, path).status == 200)
        let gone = try await installation.call(.get, path)
        #expect(gone.status == 404)
        #expect(gone.code == "remote_not_found")
    }

    @Test func `a refusal is told in the vendor's words`() async throws {
        let answer = try await installation.call(
            .post,
            installation["TRIBUTARY_API_URL"] + "/unified/crm/contacts?integrated_account_id=\(account)",
            body: ["title": "Nobody"]
        )
        #expect(answer.status == 422 || answer.status == 400, "\(answer.body.text())")
        #expect(answer.body["remote"]?["message"]?.string?.contains("Contact Name") == true, "\(answer.body.text())")
        try await installation.provoke("rate_limited", vendor: "netsuite", times: 8)
        let busy = try await installation.api("/unified/crm/contacts?integrated_account_id=\(account)&limit=1")
        #expect(busy.status == 429)
        #expect(busy.code == "remote_rate_limited")
        _ = try await installation.call(
            .post,
            installation["TRIBUTARY_SANDBOX_URL"] + "/faults",
            body: ["vendor": "netsuite", "fault": "none", "clear": true]
        )
    }
}
