import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Statements with bound values, and requests that are signed each for itself.
struct NetSuiteTests {
    private func request(_ resource: String, _ method: String = "list", _ query: [(name: String, value: String)] = [])
        throws -> JSONValue
    {
        try ConnectorFiles.preview("netsuite", variables: ["account_id": "7654321_SB1"])
            .request(category: "crm", resource: resource, method: method, query: query)
    }

    @Test func `filters and order become a statement whose values are bound`() throws {
        let request = try request(
            "contacts",
            "list",
            [
                ("last_name[contains]", "O'Ek"), ("account[id][in]", "1101,1102"),
                ("updated_at[gte]", "2026-05-01T10:00:00Z"), ("sort_by[updated_at]", "desc"), ("limit", "50"),
            ]
        )
        let url = try #require(request["url"]?.string)
        #expect(url.hasPrefix("https://7654321-sb1.suitetalk.api.netsuite.com/services/rest/query/v1/suiteql?"))
        // An offset must be a multiple of the limit: all pages have one size.
        #expect(url.contains("limit=200"))
        #expect(request["headers"]?["Prefer"] == "transient")
        let statement = try #require(request["body"]?["q"]?.string)
        #expect(
            statement.hasSuffix(
                " FROM contact WHERE isinactive IN ('T', 'F') AND LOWER(lastname) LIKE LOWER(?) AND company IN (?, ?)"
                    + " AND lastmodifieddate >= TO_TIMESTAMP(?, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
                    + " ORDER BY lastmodifieddate DESC, id ASC"
            ),
            "\(statement)"
        )
        #expect(request["body"]?["params"] == ["%O'Ek%", "1101", "1102", "2026-05-01T10:00:00"])
        #expect(try self.request("accounts")["body"]?["params"] == [])
    }

    @Test func `a request is signed for the account's realm`() throws {
        let connector = try ConnectorFiles.connector("netsuite")
        let flow = try #require(
            VerificationFlow(
                connector: connector.document,
                method: "token",
                variables: ["account_id": "7654321-sb1"]
            )
        )
        let request = try flow.request(
            access: UsableAccess(
                method: "token",
                values: [
                    "consumer_key": Secret("c0nsumer"), "consumer_secret": Secret("consumer-word"),
                    "token": Secret("t0ken"), "token_secret": Secret("token-word"),
                ]
            ),
            partition: "p",
            tools: SigningTools(digests: FixedRandom(random: Array(repeating: 0, count: 32))) { 1_795_600_000 }
        )
        #expect(
            request.url == "https://7654321-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/customer?limit=1"
        )
        let header = try #require(request.headers[.authorization])
        #expect(header.hasPrefix("OAuth realm=\"7654321_SB1\", oauth_consumer_key=\"c0nsumer\""))
        #expect(header.contains("oauth_signature=\"Api2U6s6zWOfvg%2BfjgPZ0FPUQZBk2JIo27xBNgAmnBY%3D\""))
    }
}
