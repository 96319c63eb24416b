import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

/// Two tenants of the running installation: whatever the second asks for of the first, there is no such thing.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"] != nil,
        "needs the installation that ops/test starts"
    )
)
struct ForeignTenantTests {
    let values: [String: String]
    let sender: CurlSender

    init() throws {
        let path = try #require(ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"])
        var values: [String: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { values[String(sides[0])] = String(sides[1]) }
        }
        self.values = values
        sender = try CurlSender()
    }

    private func call(_ method: HTTPRequest.Method, _ url: String, key: String, body: JSONValue? = nil) async throws
        -> (status: Int, body: JSONValue)
    {
        var headers: HeaderFields = [.authorization: "Bearer \(key)"]
        if body != nil { headers[.contentType] = "application/json" }
        let response = try await sender.send(
            OutboundRequest(
                method: method,
                url: url,
                headers: headers,
                body: body?.bytes(),
                identity: ConnectionIdentity(partition: "isolation"),
                destination: .service
            )
        )
        return (response.status, (try? JSONValue(parsing: response.body, policy: .vendor)) ?? .null)
    }

    @Test func `a foreign tenant's things are not found, with the same words as unknown ones`() async throws {
        let admin = values["TRIBUTARY_ADMIN_URL"] ?? ""
        let api = values["TRIBUTARY_API_URL"] ?? ""
        let platform = values["TRIBUTARY_ADMIN_KEY"] ?? ""
        let account = values["ACCOUNT_SALESFORCE"] ?? ""
        let tenant = try await call(.post, admin + "/admin/v1/tenants", key: platform, body: ["name": "Other"])
        let environment = try await call(
            .post,
            admin + "/admin/v1/environments",
            key: platform,
            body: ["tenant_id": tenant.body["id"] ?? .null, "name": "production"]
        )
        let made = try await call(
            .post,
            admin + "/admin/v1/api-keys",
            key: platform,
            body: [
                "tenant_id": tenant.body["id"] ?? .null, "environment_id": environment.body["id"] ?? .null,
                "name": "stranger", "scopes": ["unified:read", "unified:write", "proxy", "connect", "debug", "admin"],
            ]
        )
        let stranger = try #require(made.body["key"]?.string)
        let unknown = UUID().uuidString.lowercased()
        for path in [
            "/unified/crm/contacts?integrated_account_id=ID", "/unified/crm/contacts/1?integrated_account_id=ID",
            "/proxy/@ID/services/data/v66.0/limits", "/proxy/-/services/data/v66.0/limits?integrated_account_id=ID",
        ] {
            let foreign = try await call(.get, api + path.replacing("ID", with: account), key: stranger)
            let none = try await call(.get, api + path.replacing("ID", with: unknown), key: stranger)
            #expect(
                foreign.status == 404 && foreign.body["code"]?.string == "not_found",
                "\(path): \(foreign.body.text())"
            )
            #expect(foreign.body["message"] == none.body["message"])
        }
        let record = try await call(.get, admin + "/admin/v1/integrated-accounts/\(account)", key: stranger)
        #expect(record.status == 404)
        let list = try await call(.get, admin + "/admin/v1/integrated-accounts", key: stranger)
        #expect(list.status == 200 && list.body["result"]?.array?.isEmpty == true)
        let deletion = try await call(.delete, admin + "/admin/v1/integrated-accounts/\(account)", key: stranger)
        #expect(deletion.status == 404)
        let layer = try await call(.get, admin + "/admin/v1/config/account/\(account)/salesforce", key: stranger)
        #expect(layer.status == 404)
        let link = try await call(
            .post,
            (values["TRIBUTARY_CONNECT_URL"] ?? "") + "/link-tokens",
            key: stranger,
            body: ["end_user": ["id": "x"], "integrated_account_id": .string(account)]
        )
        #expect(link.status == 404)
    }
}
