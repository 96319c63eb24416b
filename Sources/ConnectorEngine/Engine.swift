package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
package import UnifiedModel
package import Vocabulary

/// Does unified calls: plan, build, sign, send, judge, page, map.
///
/// It knows documents, not vendors.
package struct Engine: Sendable {
    private let model: UnifiedModel
    private let sender: any HTTPSender
    private let cursors: CursorCodec
    private let digests: any Digests

    /// Makes an engine.
    ///
    /// - Parameters:
    ///   - model: the unified resources.
    ///   - sender: speaks HTTP.
    ///   - digests: hashes pages and signs cursors.
    ///   - cursorKey: at least 32 bytes, the same for all executors.
    package init(
        model: UnifiedModel,
        sender: any HTTPSender,
        digests: any Digests,
        cursorKey: Secret<[UInt8]>
    ) {
        self.model = model
        self.sender = sender
        self.digests = digests
        cursors = CursorCodec(digests: digests, key: cursorKey)
    }

    /// Does one call.
    ///
    /// `call`: what the caller asks.
    /// `connector`: the account's effective configuration.
    /// `variables`: the account's variables; no credentials.
    /// `access`: where credentials come from.
    /// Throws: `Problem` with one of the documented codes.
    package func execute(
        _ call: UnifiedCall,
        connector: CompiledConnector,
        variables: JSONObject,
        access: any AccessSource
    ) async throws -> UnifiedResult {
        let variables = connector.document.withDefaults(variables)
        let plan = try Plan(call, connector: connector, variables: variables, model: model)
        let exchange = VendorExchange(
            connector: connector.document,
            variables: variables,
            access: access,
            sender: sender,
            partition: call.account.description
        )
        switch call.method {
        case "list":
            return try await ListRun(
                call: call,
                plan: plan,
                connector: connector,
                exchange: exchange,
                cursors: cursors,
                digests: digests,
                context: .object(variables)
            ).result()
        case "get":
            return try await single(call, plan, connector, exchange, context: .object(variables))
        default:
            return try await WriteRun(
                call: call,
                plan: plan,
                connector: connector,
                exchange: exchange,
                context: .object(variables),
                execute: { try await execute($0, connector: connector, variables: variables, access: access) }
            ).result()
        }
    }

    private func single(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ exchange: VendorExchange,
        context: JSONValue
    ) async throws -> UnifiedResult {
        let request = try plan.request(connector: connector.document, paging: .null)
        let answer = try await exchange.answer(to: request)
        let node = try answer.record(of: plan.native, scope: plan.scope)
        let record = try ResponseMapper(plan, context: context, answer: answer).record(node)
        var result = UnifiedResult(
            body: EnvelopeWriter(query: plan.query).single(record),
            nextCursor: nil,
            count: 1,
            remoteRateLimit: exchange.rateLimit(answer.response)
        )
        result.etag = answer.response.headers[.eTag] ?? record.etag
        return result
    }
}
