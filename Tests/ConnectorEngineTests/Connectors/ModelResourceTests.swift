import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

/// The model's resources, whether a connector has them or not.
struct ModelResourceTests {
    private static let names: [(category: String, resource: String)] =
        [
            "accounts", "associations", "contacts", "engagements", "field_groups", "fields", "leads", "notes",
            "opportunities", "pipelines", "stages", "tasks", "users", "views", "workspaces",
        ].map { ("crm", $0) }
        + [
            "employee_compensations", "employees", "employments", "groups", "job_roles", "locations",
            "timeoff_balances", "timeoff_requests", "users",
        ].map { ("hris", $0) }

    @Test func `the model has its twenty-four resources`() throws {
        let model = try TestWorld.model()
        #expect(Self.names.count == 24)
        for name in Self.names { #expect(model.resource(name.category, name.resource) != nil, "\(name)") }
    }

    @Test(arguments: ConnectorFiles.names)
    func `what a connector has not is refused by name, and nothing is asked`(connector: String) async throws {
        let compiled = try ConnectorFiles.connector(connector)
        let sender = ScriptedSender(.json([:], status: 500))
        for name in Self.names
        where compiled.mapping(category: name.category, resource: name.resource, method: "list") == nil {
            await #expect {
                _ = try await TestWorld.engine(sender).execute(
                    UnifiedCall(
                        category: name.category,
                        resource: name.resource,
                        method: "list",
                        account: TestWorld.account
                    ),
                    connector: compiled,
                    variables: [:],
                    access: FixedAccess(TestWorld.access())
                )
            } throws: { error in
                let problem = error as? Problem
                return problem?.code == .methodNotSupported
                    && problem?.message.contains("\(name.category)/\(name.resource)") == true
            }
        }
        #expect(sender.requests.isEmpty)
    }

    @Test(arguments: ["salesforce", "hubspot", "pipedrive", "close"])
    func `a kind of engagement that a vendor has not is an empty list`(connector: String) async throws {
        let sender = ScriptedSender(.json([:], status: 500))
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "engagements",
                method: "list",
                query: [("type", "letter")],
                account: TestWorld.account
            ),
            connector: try ConnectorFiles.connector(connector),
            variables: ["instance_url": "https://acme.my.salesforce.com"],
            access: FixedAccess(TestWorld.access())
        )
        #expect(result.json["result"] == [])
        #expect(sender.requests.isEmpty)
    }
}
