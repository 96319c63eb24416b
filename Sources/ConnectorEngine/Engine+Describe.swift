package import ConnectorConfig
package import JSONValue
import UnifiedModel
package import Vocabulary

extension Engine {
    /// An account that is asked for its own fields.
    package struct DescribedAccount: Sendable {
        let id: AccountID
        let variables: JSONObject
        let access: any AccessSource
        let traffic: TrafficSubject

        /// Names an account.
        package init(
            id: AccountID,
            variables: JSONObject,
            access: any AccessSource,
            traffic: TrafficSubject = TrafficSubject()
        ) {
            self.id = id
            self.variables = variables
            self.access = access
            self.traffic = traffic
        }
    }

    /// What a unified method takes and gives.
    ///
    /// `account`: asked for its own fields, where the connector says how; nil for what holds for all accounts.
    /// Throws: `Problem` with `not_found` or `method_not_supported`, or what the vendor's description failed with.
    package func describe(
        category: String,
        resource: String,
        method: String,
        connector: CompiledConnector,
        asking account: DescribedAccount?
    ) async throws -> MethodDescription {
        guard let known = model.resource(category, resource) else {
            throw Problem(.notFound, "there is no resource '\(category)/\(resource)' in the unified model")
        }
        guard let mapping = connector.mapping(category: category, resource: resource, method: method) else {
            throw connector.lacks(method, category, resource)
        }
        var fields: [AccountField] = []
        if let account, let config = mapping.describe {
            let variables = connector.document.withDefaults(account.variables)
            let exchange = exchange(connector, variables, account.access, account.id, account.traffic)
            let pipeline = pipeline(connector, exchange, account.id, calls: Self.describeCalls)
            fields = try await AccountFields(config: config, pipeline: pipeline)
                .fields(in: ExpressionScope(["context": .object(variables)]))
        }
        return MethodDescription(model: known, mapping: mapping, method: method, fields: fields)
    }

    /// Refuses a body that the account's own rules do not allow.
    ///
    /// When the vendor cannot be asked for them now, the write itself will show.
    func check(_ plan: Plan, isCreate: Bool, by pipeline: Pipeline) async throws {
        guard let config = plan.mapping.describe, let body = plan.body else { return }
        var pipeline = pipeline
        pipeline.budget = CallBudget(Self.describeCalls)
        let fields: [AccountField]
        do {
            fields = try await AccountFields(config: config, pipeline: pipeline)
                .fields(in: ExpressionScope(["context": plan.context]))
        } catch is Problem { return }
        try body.check(against: fields, isCreate: isCreate, mapping: plan.mapping)
    }

    /// Most native calls of one description.
    private static let describeCalls = 50
}
