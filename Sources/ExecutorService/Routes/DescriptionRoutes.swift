import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import UnifiedModel
import Vocabulary

/// Capabilities and `meta`: what an account or a connector can be asked, read off its configuration.
struct DescriptionRoutes: Sendable {
    let engine: Engine
    let door: AccountDoor
    let integrations: IntegrationDoor
    let leases: AccessLeases
    let model: UnifiedModel

    var endpoints: [Endpoint] { capabilities + metas }

    private var capabilities: [Endpoint] {
        let ofAccount: Endpoint.Handler = { request in
            let configuration = try await door.open(
                request.pathParameter("integrated_account_id"),
                for: request.apiKey()
            )
            return .json(
                Capabilities(connector: configuration.connector, model: model)
                    .document(account: configuration.account.id)
            )
        }
        return [
            endpoint(
                "/capabilities/{integrated_account_id}",
                "getCapabilities",
                "Tell what an account can do",
                ofAccount
            ),
            endpoint(
                "/integrated-account/{integrated_account_id}/capabilities",
                "getAccountCapabilities",
                "Tell what an account can do",
                ofAccount
            ),
            endpoint(
                "/integration/{integration}/capabilities",
                "getIntegrationCapabilities",
                "Tell what a connector of the environment can do",
                query: [Self.environment]
            ) { request in
                let connector = try await integrations.open(request, name: request.pathParameter("integration"))
                return .json(Capabilities(connector: connector, model: model).document())
            },
        ]
    }

    private var metas: [Endpoint] {
        [
            endpoint(
                "/unified/{category}/{resource}/meta/{method}",
                "getMethodMeta",
                "Tell what a method takes and gives, for one account",
                query: [QueryParameter("integrated_account_id", .string, "The account to act for.")]
            ) { request in
                let configuration = try await door.open(request)
                let description = try await engine.describe(
                    category: request.pathParameter("category"),
                    resource: request.pathParameter("resource"),
                    method: request.pathParameter("method"),
                    connector: configuration.connector,
                    asking: Engine.DescribedAccount(
                        id: configuration.account.id,
                        variables: configuration.account.variables,
                        access: leases.source(for: configuration.account.id),
                        traffic: configuration.account.traffic(request)
                    )
                )
                return try answer(description, request, configuration.connector)
            },
            endpoint(
                "/unified/{category}/{resource}/{integration}/meta/{method}",
                "getIntegrationMethodMeta",
                "Tell what a method takes and gives, as far as no account is needed to know",
                query: [Self.environment]
            ) { request in
                let connector = try await integrations.open(request, name: request.pathParameter("integration"))
                let description = try await engine.describe(
                    category: request.pathParameter("category"),
                    resource: request.pathParameter("resource"),
                    method: request.pathParameter("method"),
                    connector: connector,
                    asking: nil
                )
                return try answer(description, request, connector)
            },
            endpoint(
                "/unified/meta/{category}/{integration}",
                "getCategoryMeta",
                "Tell which resources and methods of a category a connector has",
                query: [Self.environment]
            ) { request in
                let category = try request.pathParameter("category")
                let connector = try await integrations.open(request, name: request.pathParameter("integration"))
                guard let resources = Capabilities(connector: connector, model: model).category(category) else {
                    throw Problem(.notFound, "the connector '\(connector.name)' does not serve '\(category)'")
                }
                return .json([
                    "category": .string(category), "connector": .string(connector.name), "resources": resources,
                ])
            },
        ]
    }

    private static let environment = QueryParameter(
        "environment_id",
        .string,
        "The environment, for keys that are good for several."
    )

    private func endpoint(
        _ path: String,
        _ operationID: String,
        _ summary: String,
        query: [QueryParameter] = [],
        _ handler: @escaping Endpoint.Handler
    ) -> Endpoint {
        Endpoint(
            .get,
            path,
            operationID: operationID,
            summary: summary,
            tags: [path.hasPrefix("/unified") ? "unified" : "capabilities"],
            access: .apiKey([.unifiedRead]),
            query: query,
            responses: [ResponseSpec(200, "The description", schema: ["type": "object"])],
            handler: handler
        )
    }

    private func answer(
        _ description: MethodDescription,
        _ request: EndpointRequest,
        _ connector: CompiledConnector
    ) throws -> EndpointResponse {
        var body: JSONObject = [
            "category": .string(try request.pathParameter("category")),
            "resource": .string(try request.pathParameter("resource")),
            "method": .string(try request.pathParameter("method")), "connector": .string(connector.name),
        ]
        for member in description.json.object ?? JSONObject() { body[member.key] = member.value }
        return .json(.object(body), headers: [.configRevision: connector.revision])
    }
}
