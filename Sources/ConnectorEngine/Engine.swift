package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
package import UnifiedModel
package import Vocabulary

/// Does unified calls: plan, build, sign, send, judge, page, map.
///
/// It knows documents, not vendors. An object, because it keeps what it has learnt of calls.
package final class Engine: Sendable {
    let model: UnifiedModel
    private let sender: any HTTPSender
    let cursors: CursorCodec
    private let digests: any Digests
    private let traffic: TrafficControl
    private let tools: SigningTools
    let clock: EngineClock
    let lookups = LookupCache()
    private let answers = AnswerCache()
    private let known = KnownWords()

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
        self.clock = clock
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
        let words = try known.words(of: call, connector: connector, model: model)
        var plan = try Plan(call, words, connector: connector, variables: variables)
        let trace = outer ?? (plan.query.explains ? traffic.trace() : nil)
        let exchange = exchange(connector, variables, access, call.account, call.traffic, trace)
        let pipeline = pipeline(connector, exchange, call.account, calls: plan.mapping.pipeline.callBudget)
        do {
            if needsPreparation(plan) { plan = try await ready(plan, for: call, by: pipeline) }
            var result = try await result(call, plan, connector, pipeline, variables)
            result.rateLimit = exchange.standing(plan.native.rateClass)
            guard let trace, outer == nil else { return result }
            let explanation = Explanation(plan: plan, connector: connector, context: plan.context)
            result.body = Explanation.adding(
                explanation.json(answer: trace.firstAnswer, trace: trace, budget: result.rateLimit),
                to: result.body,
                isList: call.method == "list"
            )
            return result
        } catch var problem as Problem {
            guard let trace, outer == nil else { throw problem }
            let shown = Explanation(plan: plan, connector: connector, context: plan.context)
                .json(answer: trace.firstAnswer, trace: trace, budget: exchange.standing(plan.native.rateClass))
            problem.insight = (problem.insight ?? [:]).overlaid(by: ["explain": shown])
            throw problem
        }
    }

    private func result(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ pipeline: Pipeline,
        _ variables: JSONObject
    ) async throws -> UnifiedResult {
        let exchange = pipeline.exchange
        switch call.method {
        case "list":
            return try await listRun(call, plan, connector, pipeline).result()
        case "get":
            return try await single(plan, connector, pipeline, of: call)
        default:
            return try await WriteRun(
                call: call,
                plan: plan,
                connector: connector,
                exchange: exchange,
                pipeline: pipeline,
                execute: { try await self.execute($0, connector, variables, exchange.access, within: exchange.trace) }
            ).result()
        }
    }

    /// Whether anything is to be done ahead of the request; a plan is not copied for nothing.
    private func needsPreparation(_ plan: Plan) -> Bool {
        let mapping = plan.mapping
        return mapping.write.verification != nil || mapping.describe != nil || !mapping.pipeline.before.isEmpty
    }

    /// The plan after the account's own rules are checked and the steps ahead of the request are done.
    private func ready(_ plan: Plan, for call: UnifiedCall, by pipeline: Pipeline) async throws -> Plan {
        var plan = plan
        if plan.mapping.write.verification != nil {
            plan.scope.root["started_at"] = .string(Instant(millisecondsSinceEpoch: clock.now() * 1000).text)
        }
        try await check(plan, isCreate: call.method == "create", by: pipeline)
        return try await pipeline.before(plan)
    }

    /// Does steps for an account.
    func pipeline(
        _ connector: CompiledConnector,
        _ exchange: VendorExchange,
        _ account: AccountID,
        calls: Int
    ) -> Pipeline {
        Pipeline(
            connector: connector,
            exchange: exchange,
            lookups: lookups,
            clock: clock,
            budget: CallBudget(calls),
            account: account
        )
    }

    /// Speaks to the vendor for an account.
    func exchange(
        _ connector: CompiledConnector,
        _ variables: JSONObject,
        _ access: any AccessSource,
        _ account: AccountID,
        _ subject: TrafficSubject,
        _ trace: CallTrace? = nil
    ) -> VendorExchange {
        VendorExchange(
            connector: connector.document,
            variables: variables,
            access: access,
            sender: sender,
            traffic: traffic,
            account: account,
            subject: subject,
            trace: trace,
            tools: tools,
            cache: VendorExchange.Cache(answers: answers, revision: connector.revision, now: clock.now)
        )
    }

    private func listRun(
        _ call: UnifiedCall,
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ pipeline: Pipeline
    ) -> ListRun {
        ListRun(
            call: call,
            plan: plan,
            connector: connector,
            model: model,
            exchange: pipeline.exchange,
            cursors: cursors,
            digests: digests,
            clock: clock,
            pipeline: pipeline
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
        let words = try known.words(of: call, connector: connector, model: model)
        let plan = try Plan(call, words, connector: connector, variables: variables)
        let trace = plan.query.explains ? traffic.trace() : nil
        let exchange = exchange(connector, variables, access, call.account, call.traffic, trace)
        let pipeline = pipeline(connector, exchange, call.account, calls: plan.mapping.pipeline.callBudget)
        let page = try await listRun(call, ready(plan, for: call, by: pipeline), connector, pipeline).page()
        let writer = EnvelopeWriter(query: plan.query)
        var meta = page.meta
        if let trace {
            meta["explain"] = Explanation(plan: plan, connector: connector, context: plan.context)
                .json(answer: trace.firstAnswer, trace: trace, budget: exchange.standing(plan.native.rateClass))
        }
        return RecordPage(
            records: page.records.map { writer.single($0) },
            nextCursor: page.nextCursor,
            isPartial: page.isPartial,
            meta: meta,
            remoteRateLimit: page.rateLimit,
            rateLimit: exchange.standing(plan.native.rateClass)
        )
    }

    private func single(
        _ plan: Plan,
        _ connector: CompiledConnector,
        _ pipeline: Pipeline,
        of call: UnifiedCall
    ) async throws -> UnifiedResult {
        let exchange = pipeline.exchange
        let sideLoads = try SideLoads(
            plan,
            besides: connector.mapping(category: call.category, resource: call.resource, method: "list")
        )
        let single: SingleRecord
        if let merging = plan.mapping.merging {
            single = try await SingleRecord(plan, merging, connector, pipeline)
        } else {
            single = try await SingleRecord(plan, connector, pipeline)
        }
        var records = [single.record]
        if !sideLoads.isEmpty { try await sideLoads.fill(&records, in: listRun(call, plan, connector, pipeline)) }
        let record = records[0]
        var result = UnifiedResult(
            body: EnvelopeWriter(query: plan.query).single(record),
            nextCursor: nil,
            count: 1,
            remoteRateLimit: exchange.remoteRateLimit
        )
        result.etag = single.answer.response.headers[.eTag] ?? record.etag
        result.warnings = single.drift
        return result
    }
}
