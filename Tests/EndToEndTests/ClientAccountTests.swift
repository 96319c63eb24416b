import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

/// Accounts whose tokens are asked for by a client of their own, one of them over mutual TLS.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"))
struct ClientAccountTests {
    let installation: Installation

    init() throws {
        installation = try Installation.shared.get()
    }

    /// All records of a list, and how many pages it took.
    private func all(_ path: String, account: String) async throws -> (records: [JSONValue], pages: Int) {
        var records: [JSONValue] = []
        var cursor: String?
        var pages = 0
        repeat {
            var url = "\(path)\(path.contains("?") ? "&" : "?")integrated_account_id=\(installation[account])"
            if let cursor { url += "&next_cursor=\(cursor)" }
            let answer = try await installation.api(url)
            try #require(answer.status == 200, "\(answer.body.text())")
            records += answer.body["result"]?.array ?? []
            cursor = answer.body["next_cursor"]?.string
            pages += 1
        } while cursor != nil && pages < 100
        return (records, pages)
    }

    private func ids(_ records: [JSONValue]) -> Set<String> { Set(records.compactMap { $0["id"]?.string }) }

    // MARK: Mutual TLS

    private func straight(_ path: String, withCertificate: Bool) async throws -> InboundResponse {
        let tls = Installation.root.appendingPathComponent(".tributary/tls")
        let certificate = ConnectionIdentity.ClientCertificate(
            chainPEM: [UInt8](try Data(contentsOf: tls.appendingPathComponent("client.pem"))),
            privateKeyPEM: [UInt8](try Data(contentsOf: tls.appendingPathComponent("client.key")))
        )
        let sender = try CurlSender(CurlConfig(caFile: installation["TRIBUTARY_CA_FILE"]))
        return try await sender.send(
            OutboundRequest(
                method: .get,
                url: installation["SANDBOX_ADP"] + path,
                identity: ConnectionIdentity(
                    partition: withCertificate ? "with" : "without",
                    clientCertificate: withCertificate ? certificate : nil
                ),
                destination: .service
            )
        )
    }

    @Test func `a call without a certificate is refused in the vendor's words, with one the token is looked at`()
        async throws
    {
        let bare = try await straight("/hr/v2/workers", withCertificate: false)
        #expect(bare.status == 401)
        let words = try JSONValue(parsing: bare.body)["response"]?["applicationCode"]?["message"]?.string
        #expect(words?.contains("certificate") == true)
        let shown = try await straight("/hr/v2/workers", withCertificate: true)
        #expect(shown.status == 401)
        let others = try JSONValue(parsing: shown.body)["response"]?["applicationCode"]?["message"]?.string
        #expect(others == "Unauthorized")
    }

    @Test func `workers are read to the end over the account's certificate, the primary assignment first`() async throws
    {
        let (records, pages) = try await all("/unified/hris/employees?limit=100", account: "ACCOUNT_ADP")
        #expect(records.count == 235)
        #expect(ids(records).count == 235)
        #expect(pages >= 3)
        let double = try #require(records.first { ($0["employments"]?.array?.count ?? 0) == 2 })
        let primary = double["employments"]?.array?.first { $0["is_primary"] == true }
        #expect(double["job_title"] == primary?["job_title"])
        #expect(double["employments"]?[0]?["is_primary"] == false)
    }

    @Test func `the account shows when its certificate ends, and nothing to use it with`() async throws {
        let answer = try await installation.call(
            .get,
            installation["TRIBUTARY_ADMIN_URL"] + "/admin/v1/integrated-accounts/" + installation["ACCOUNT_ADP"],
            key: installation["TRIBUTARY_ADMIN_KEY"]
        )
        #expect(answer.body["client_certificate"]?["subject"] == "CN=Demo Mutual SSL")
        #expect(answer.body["client_certificate"]?["expires_at"]?.string?.hasSuffix("Z") == true)
        #expect(!answer.body.text().contains("BEGIN"))
    }

    @Test(arguments: [
        ("forbidden", 403, "remote_forbidden", "Forbidden"),
        ("message_list", 422, "remote_validation_failed", "e-mail"),
    ])
    func `each shape of the vendor's errors is read`(fault: String, status: Int, code: String, words: String)
        async throws
    {
        try await installation.provoke(fault, vendor: "adp")
        let answer = try await installation.api(
            "/unified/hris/employees?limit=1&integrated_account_id=\(installation["ACCOUNT_ADP"])"
        )
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(answer.body["remote"]?["message"]?.string?.contains(words) == true, "\(answer.body.text())")
    }

    // MARK: Two generations of one vendor

    @Test func `records are counted in one list, pages in another, and a cursor leads through a third`() async throws {
        let employees = try await all("/unified/hris/employees?limit=100", account: "ACCOUNT_PERSONIO")
        #expect(employees.records.count == 230)
        #expect(ids(employees.records).count == 230)
        let requests = try await all("/unified/hris/timeoff_requests?limit=100", account: "ACCOUNT_PERSONIO")
        // Absences in days and those in hours are lists of their own.
        #expect(requests.records.count == 262)
        #expect(ids(requests.records).count == 262)
        #expect(Set(requests.records.compactMap { $0["units"]?.string }) == ["days", "hours"])
        let persons = try await all(
            "/unified/hris/employees?limit=50&created_at%5Bgte%5D=2026-01-01T00:00:00Z",
            account: "ACCOUNT_PERSONIO"
        )
        #expect(ids(persons.records) == ids(employees.records))
        #expect(persons.pages >= 5)
    }

    @Test func `a token that the vendor has forgotten is asked for again within the call`() async throws {
        try await installation.provoke("expired_token", vendor: "personio")
        let answer = try await installation.api(
            "/unified/hris/employees?limit=1&integrated_account_id=\(installation["ACCOUNT_PERSONIO"])"
        )
        #expect(answer.status == 200, "\(answer.body.text())")
        #expect(answer.body["result"]?.array?.count == 1)
    }

    @Test func `what one person has is listed by the person`() async throws {
        let account = "integrated_account_id=\(installation["ACCOUNT_PERSONIO"])&employee%5Bid%5D=3005"
        let employments = try await installation.api("/unified/hris/employments?\(account)")
        #expect(employments.body["result"]?[0]?["employee"]?["id"] == "3005")
        let balances = try await installation.api("/unified/hris/timeoff_balances?\(account)")
        #expect(balances.body["result"]?.array?.count == 2)
        let id = try #require(employments.body["result"]?[0]?["id"]?.string)
        let one = try await installation.api(
            "/unified/hris/employments/\(id.replacing(":", with: "%3A"))?integrated_account_id="
                + installation["ACCOUNT_PERSONIO"]
        )
        #expect(one.body["id"]?.string == id)
    }
}
