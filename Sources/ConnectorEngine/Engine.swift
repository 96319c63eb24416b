package import ConnectorConfig
import FoundationEssentials
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
    let cursors: CursorCodec
    private let digests: any Digests
    private let traffic: TrafficControl
    private let tools: SigningTools
    private let clock: EngineClock

    /// Makes an engine.
    ///
    /// - Parameters:
    ///   - model: the unified resources.
    ///   - sender: speaks HTTP.
    ///   - digests: hashes pages and signs cursors.
    ///   - cursorKey: at least 32 bytes, the same for all executors.
    ///   - traffic: the gate that all calls to vendors go through.
    ///   - clock: time, for cursors and credentials that hold one.
    package init(
        model: UnifiedModel,
        sender: any HTTPSender,
        digests: any Digests,
        cursorKey: Secret<[UInt8]>,
        traffic: TrafficControl,
        clock: EngineClock = .system
    ) {
        tools = SigningTools(digests: digests, now: clock.now)
        self.model = model
        self.traffic = traffic
        self.sender = sender
        self.digests = digests
        self.clock = clock
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
        try await execute(call, connector, variables, access, within: nil)
    }

    /// `outer`: the trace of the call that this one is a part of.
    private func execute(
        _ call: UnifiedCall,
        _ connector: CompiledConnector,
        _ variables: JSONObject,
        _ access: any AccessSource,
        within outer: CallTrace?
    ) async throws -> UnifiedResult {
        let variables = connector.document.withDefaults(variables)
        let plan = try Plan(call, connector: connector, variables: variables, model: model)
        let trace = outer ?? (plan.query.explains ? traffic.trace() : nil)
        let exchange = exchange(call, connector, variables, access, trace)
        do {
            var result = try await result(call, plan, connector, exchange, variables)
            result.rateLimit = exchange.standing(plan.native.rateClass)
            guard let trace, outer == nil else { return result }
            let explanation = Explanation(plan: plan, connector: connector, context: .object(variables))
            result.body = Explanation.adding(
                explanation.json(answer: trace.firstAnswer, trace: trace, budget: result.rateLimit),
                to: result.body,
                isList: call.method == "list"
            )
            return result
        } catch var problem as Problem {
            guard let trace, outer == nil else { throw problem }
            let shown = Explanation(plan: plan, connector: connector, context: .object(variables))
                .json(answer: trace.firstAnswer, trace: trace, budget: exchange.standing(plan.native.rateClass))
            problem.insight = (problem.insight ?? [:]).overlaid(by: ["explain": shown])
            throw problem
        }
    }

    private func result(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ exchange: VendorExchange,
        _ variables: JSONObject
    ) async throws -> UnifiedResult {
        switch call.method {
        case "list":
            return try await listRun(call, plan, connector, exchange, variables).result()
        case "get":
            return try await single(call, plan, connector, exchange, context: .object(variables))
        default:
            return try await WriteRun(
                call: call,
                plan: plan,
                connector: connector,
                exchange: exchange,
                context: .object(variables),
                execute: { try await execute($0, connector, variables, exchange.access, within: exchange.trace) }
            ).result()
        }
    }

    private func exchange(
        _ call: UnifiedCall,
        _ connector: CompiledConnector,
        _ variables: JSONObject,
        _ access: any AccessSource,
        _ trace: CallTrace?
    ) -> VendorExchange {
        VendorExchange(
            connector: connector.document,
            variables: variables,
            access: access,
            sender: sender,
            traffic: traffic,
            account: call.account,
            subject: call.traffic,
            trace: trace,
            tools: tools
        )
    }

    private func listRun(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ exchange: VendorExchange,
        _ variables: JSONObject
    ) -> ListRun {
        ListRun(
            call: call,
            plan: plan,
            connector: connector,
            model: model,
            exchange: exchange,
            cursors: cursors,
            digests: digests,
            clock: clock,
            context: .object(variables)
        )
    }

    /// One page of a list with each record written by itself.
    ///
    /// `call`: a `list`.
    /// `connector`: the account's effective configuration.
    /// `variables`: the account's variables; no credentials.
    /// `access`: where credentials come from.
    /// Throws: `Problem` with one of the documented codes.
    package func page(
        _ call: UnifiedCall,
        connector: CompiledConnector,
        variables: JSONObject,
        access: any AccessSource
    ) async throws -> RecordPage {
        let variables = connector.document.withDefaults(variables)
        let plan = try Plan(call, connector: connector, variables: variables, model: model)
        let exchange = exchange(call, connector, variables, access, nil)
        let page = try await listRun(call, plan, connector, exchange, variables).page()
        let writer = EnvelopeWriter(query: plan.query)
        return RecordPage(
            records: page.records.map { writer.single($0) },
            nextCursor: page.nextCursor,
            isPartial: page.isPartial,
            meta: page.meta,
            remoteRateLimit: page.rateLimit,
            rateLimit: exchange.standing(plan.native.rateClass)
        )
    }

    private func single(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ exchange: VendorExchange,
        context: JSONValue
    ) async throws -> UnifiedResult {
        let request = try plan.request(connector: connector.document, paging: .null)
        let answer = try await FieldChunks(plan.native.fieldChunking, recordsPath: plan.native.recordsPath)
            .answer(to: request, by: exchange)
        let node = try answer.record(of: plan.native, scope: plan.scope)
        let record = try plan.record(node, ResponseMapper(plan, context: context, answer: answer))
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
