import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Testing
import Vocabulary

/// Three layers of configuration as immutable versions.
struct ConfigLayerTests {
    private let first: HeaderFields = [.ifNoneMatch: "*"]

    private func tier(_ field: String) -> JSONValue {
        [
            "mappings": [
                "crm": ["contacts": ["*": ["response_mapping": .string("response.{\"customer_tier\": \(field)}")]]]
            ]
        ]
    }

    @Test func `an account's layer is in force for that account alone`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let account = try await world.account(of: tenant)
        let path = "/admin/v1/config/account/\(account)/acme"
        #expect(try await world.ask(.get, path, key: tenant.key).status == 404)
        let written = try await world.ask(.put, path, tier("Tier__c"), key: tenant.key, headers: first)
        #expect(written.status == 200, "\(written.body.text())")
        #expect(written.headers[.eTag] == "\"1\"")
        let configuration = try await world.ask(
            .get,
            "/internal/v1/accounts/\(account)/configuration",
            as: .service(.executor)
        )
        #expect(configuration.body["layers"]?.array?.compactMap { $0["level"]?.string } == ["platform", "account"])
        let tag = try #require(configuration.headers[.eTag])
        let same = try await world.ask(
            .get,
            "/internal/v1/accounts/\(account)/configuration",
            as: .service(.executor),
            headers: [.ifNoneMatch: tag]
        )
        #expect(same.status == 304)
    }

    @Test func `a change names the version it changes, and of two at once one wins`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let path = "/admin/v1/config/environment/\(tenant.environment)/acme"
        #expect(try await world.ask(.put, path, tier("A"), key: tenant.key).code == "precondition_failed")
        _ = try await world.ask(.put, path, tier("A"), key: tenant.key, headers: first)
        #expect(
            try await world.ask(.put, path, tier("B"), key: tenant.key, headers: first).code == "precondition_failed"
        )
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<6 {
                group.addTask {
                    try await world.ask(
                        .put,
                        path,
                        self.tier("B\(number)"),
                        key: tenant.key,
                        headers: [.ifMatch: "\"1\""]
                    ).status
                }
            }
            var statuses: [Int] = []
            for try await status in group { statuses.append(status) }
            return statuses
        }
        #expect(statuses.filter { $0 == 200 }.count == 1)
        #expect(statuses.filter { $0 == 412 }.count == 5)
    }

    @Test func `a draft is not in force until it is published, and rolling back makes a new version`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let account = try await world.account(of: tenant)
        let path = "/admin/v1/config/account/\(account)/acme"
        func inForce() async throws -> Int? {
            let answer = try await world.ask(
                .get,
                "/internal/v1/accounts/\(account)/configuration",
                as: .service(.executor)
            )
            return answer.body["layers"]?.array?.first { $0["level"] == "account" }?["version"]?.int
        }
        _ = try await world.ask(.put, path, tier("One"), key: tenant.key, headers: first)
        _ = try await world.ask(
            .put,
            path + "?draft=true&note=try",
            tier("Two"),
            key: tenant.key,
            headers: [.ifMatch: "\"1\""]
        )
        #expect(try await inForce() == 1)
        #expect(try await world.ask(.post, path + "/publish", ["version": 2], key: tenant.key).status == 204)
        #expect(try await inForce() == 2)
        let back = try await world.ask(.post, path + "/rollback", ["version": 1], key: tenant.key)
        #expect(back.body["version"] == 3)
        #expect(back.body["document"] == tier("One"))
        #expect(try await inForce() == 3)
        let revisions = try await world.ask(.get, path + "/revisions", key: tenant.key)
        #expect(revisions.body["result"]?.array?.compactMap { $0["version"]?.int } == [3, 2, 1])
        #expect(try await world.ask(.post, path + "/publish", ["version": 9], key: tenant.key).status == 404)
    }

    @Test func `a patch changes what it names and keeps what it does not`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let path = "/admin/v1/config/environment/\(tenant.environment)/acme"
        _ = try await world.ask(
            .put,
            path,
            ["http": ["timeout_seconds": 10, "headers": ["X-A": "1"]]],
            key: tenant.key,
            headers: first
        )
        let patched = try await world.ask(
            .patch,
            path,
            ["http": ["headers": ["X-B": "2"]]],
            key: tenant.key,
            headers: [.ifMatch: "\"1\"", .contentType: "application/merge-patch+json"]
        )
        #expect(patched.body["document"] == ["http": ["timeout_seconds": 10, "headers": ["X-A": "1", "X-B": "2"]]])
    }

    @Test(arguments: [
        #"{"http": {"base_url": "https://evil.test"}}"#, #"{"hosts": ["evil.test"]}"#,
        #"{"auth": {"key": {"name": "X-Stolen"}}}"#, #"{"variables": {"a": {"type": "text", "label": "A"}}}"#,
        #"{"name": "other"}"#,
    ])
    func `an account's layer may not say where requests go or how they are signed`(text: String) async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let account = try await world.account(of: tenant)
        let refused = try await world.ask(
            .put,
            "/admin/v1/config/account/\(account)/acme",
            try JSONValue(parsing: Array(text.utf8)),
            key: tenant.key,
            headers: first
        )
        #expect(refused.status == 400, "\(text)")
        #expect(refused.code == "invalid_request")
        #expect(refused.body["details"]?["failures"]?[0]?["pointer"]?.string?.isEmpty == false)
    }

    @Test func `a layer that does not compile is refused with its place`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let path = "/admin/v1/config/environment/\(tenant.environment)/acme"
        let broken = try await world.ask(.put, path, tier("(("), key: tenant.key, headers: first)
        #expect(broken.status == 400)
        #expect(
            broken.body["details"]?["failures"]?[0]?["pointer"]?.string?.hasPrefix("/mappings/crm/contacts") == true
        )
        let misspelt = try await world.ask(
            .put,
            path,
            ["http": ["timeout_secs": 3]],
            key: tenant.key,
            headers: first
        )
        #expect(misspelt.body["message"]?.string?.contains("timeout_seconds") == true, "\(misspelt.body.text())")
    }
}
