import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct DescriptionTests {
    @Test(arguments: [
        "/capabilities/ACCOUNT", "/integrated-account/ACCOUNT/capabilities", "/integration/acme/capabilities",
    ])
    func `capabilities are told for an account and for a connector`(_ path: String) async throws {
        let world = try ExecutorWorld()
        let place = path.replacing("ACCOUNT", with: world.own.account.description)
        let answer = try await world.call(.get, place)
        #expect(answer.status == 200)
        #expect(answer.json["connector"] == "acme")
        let methods = answer.json["categories"]?["crm"]?["contacts"]?["methods"]
        #expect(methods?["create"]?["required_fields"] == ["name"])
        #expect(methods?["get"]?["absent_fields"]?.array?.contains("title") == true)
        #expect(methods?["touch"]?["is_custom"] == true)
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `meta is told for an account, and for a connector without one`() async throws {
        let world = try ExecutorWorld()
        let account = "integrated_account_id=\(world.own.account)"
        let own = try await world.call(.get, "/unified/crm/contacts/meta/create?\(account)")
        #expect(own.json["body_schema"]?["required"] == ["name"])
        #expect(own.json["body_schema"]?["properties"]?.object?.keys == ["name", "remote_values", "remote_data"])
        #expect(own.headers[HTTPField.Name("X-Config-Revision")!] == "1.0.0")
        let general = try await world.call(.get, "/unified/crm/contacts/acme/meta/create")
        #expect(general.json["body_schema"] == own.json["body_schema"])
        let category = try await world.call(.get, "/unified/meta/crm/acme")
        #expect(category.json["resources"]?["contacts"]?["methods"]?["update"] != nil)
    }

    @Test(
        arguments: [
            ("/unified/crm/contacts/meta/convert?ACCOUNT", "method_not_supported"),
            ("/unified/crm/nothing/meta/create?ACCOUNT", "not_found"),
            ("/unified/crm/contacts/meta/create", "invalid_request"),
            ("/unified/crm/contacts/other/meta/create", "not_found"), ("/unified/meta/hris/acme", "not_found"),
            ("/integration/other/capabilities", "not_found"), ("/capabilities/nothing", "not_found"),
            ("/unified/meta/crm/acme?environment_id=00000000-0000-4000-8000-000000000000", "not_found"),
        ]
    )
    func `what cannot be described is refused`(_ path: String, _ code: String) async throws {
        let world = try ExecutorWorld()
        let place = path.replacing("ACCOUNT", with: "integrated_account_id=\(world.own.account)")
        #expect(try await world.call(.get, place).json["code"]?.string == code)
    }

    @Test func `another tenant's connector is not there`() async throws {
        let world = try ExecutorWorld()
        let answer = try await world.call(
            .get,
            "/integration/\(try #require(world.registry.integration(of: world.own.account)))/capabilities",
            key: "trib_foreign"
        )
        #expect(answer.json["code"] == "not_found")
    }
}
