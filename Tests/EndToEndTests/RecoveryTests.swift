import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"), .serialized)
struct RecoveryTests {
    let installation: Installation

    init() throws {
        installation = try Installation.shared.get()
    }

    private var contacts: String {
        "/unified/crm/contacts?integrated_account_id=\(installation["ACCOUNT_SALESFORCE"])&limit=1"
    }

    private func pid(of service: String) throws -> Int32? {
        let file = Installation.root.appendingPathComponent(".tributary/run/\(service).pid")
        return (try? String(contentsOf: file, encoding: .utf8)).flatMap {
            Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    @Test(arguments: ["registry", "broker", "vault", "executor", "sync"])
    func `a killed service is back within a second, and all recover by themselves`(service: String) async throws {
        #expect(try await installation.api(contacts).status == 200)
        let old = try #require(try pid(of: service))
        #expect(kill(old, SIGKILL) == 0)
        let url =
            service == "executor"
            ? installation["TRIBUTARY_API_URL"]
            : [
                "registry": "TRIBUTARY_ADMIN_URL", "broker": "TRIBUTARY_CONNECT_URL", "vault": "TRIBUTARY_VAULT_URL",
                "sync": "TRIBUTARY_SYNC_URL",
            ][service].map { installation[$0] } ?? ""
        if service != "executor" {
            // Warm caches answer on while the other service is away.
            #expect(try await installation.api(contacts).status == 200)
        }
        let took = try await installation.wait(.seconds(10)) {
            guard let new = try pid(of: service), new != old else { return false }
            return try await installation.call(.get, url + "/health/live").status == 200
        }
        #expect(took < .seconds(3), "\(service) took \(took)")
        _ = try await installation.wait(.seconds(15)) {
            let ready = try await installation.call(.get, url + "/health/ready").status == 200
            return try await installation.api(contacts).status == 200 && ready
        }
    }

    @Test func `with the registry away an account that is not cached is a clear 503`() async throws {
        let fresh = "/unified/crm/contacts?integrated_account_id=\(UUID().uuidString.lowercased())"
        let old = try #require(try pid(of: "registry"))
        #expect(kill(old, SIGSTOP) == 0)
        #expect(kill(old, SIGKILL) == 0)
        let answer = try await installation.api(fresh)
        #expect(
            answer.status == 503 && answer.code == "service_unavailable" || answer.status == 404,
            "\(answer.body.text())"
        )
        if answer.status == 503 { #expect(answer.headers[.retryAfter] != nil) }
        _ = try await installation.wait(.seconds(15)) { try await installation.api(fresh).status == 404 }
    }

    @Test func `a revoked key stops working at once`() async throws {
        let admin = installation["TRIBUTARY_ADMIN_URL"]
        let key = installation["TRIBUTARY_ADMIN_KEY"]
        let account = try await installation.call(
            .get,
            admin + "/admin/v1/integrated-accounts/" + installation["ACCOUNT_SALESFORCE"],
            key: key
        ).body
        let made = try await installation.call(
            .post,
            admin + "/admin/v1/api-keys",
            key: key,
            body: [
                "tenant_id": account["tenant_id"] ?? .null, "environment_id": account["environment_id"] ?? .null,
                "name": "to be revoked", "scopes": ["unified:read"],
            ]
        )
        let text = try #require(made.body["key"]?.string)
        let id = try #require(made.body["id"]?.string)
        #expect(try await installation.api(contacts, key: text).status == 200)
        #expect(try await installation.call(.delete, admin + "/admin/v1/api-keys/\(id)", key: key).status == 204)
        let took = try await installation.wait(.seconds(10)) {
            try await installation.api(contacts, key: text).status == 401
        }
        #expect(took < .seconds(2))
    }
}
