package import ConnectorConfig
import HTTPExchange
import HTTPTypes
package import JSONValue
package import UnifiedModel
import Vocabulary

/// What a connector would do, without a vendor: the answer that a native body gives, and the request for a query.
package struct ConnectorPreview: Sendable {
    private let connector: CompiledConnector
    private let model: UnifiedModel
    private let variables: JSONObject

    /// Previews a connector.
    ///
    /// `variables`: stand in for an account's.
    package init(connector: CompiledConnector, model: UnifiedModel, variables: JSONObject) {
        self.connector = connector
        self.model = model
        self.variables = connector.document.withDefaults(variables)
    }

    /// The unified records that a native body gives: one for methods on one record, a list else.
    ///
    /// `body`: what the vendor answers, in the format of the native call.
    /// `query`: query parameters of the unified call.
    /// `explains`: whether `meta.explain` tells which level gave each field.
    /// Returns: the answer's text; `next_cursor` is never part of it.
    /// Throws: `Problem`.
    package func map(
        category: String,
        resource: String,
        method: String,
        body: [UInt8],
        query: [(name: String, value: String)] = [],
        explains: Bool = false
    ) throws -> [UInt8] {
        let (plan, answer) = try origin(of: body, category, resource, method, query)
        let mapper = ResponseMapper(plan, context: .object(variables), answer: answer)
        let writer = EnvelopeWriter(query: plan.query)
        func explained(_ bytes: [UInt8], isList: Bool) -> [UInt8] {
            guard explains else { return bytes }
            return Explanation.adding(explanation(plan).json(answer: answer), to: bytes, isList: isList)
        }
        guard method == "list" else {
            let record = try plan.record(try plan.record(in: answer), mapper)
            return explained(writer.single(record), isList: false)
        }
        let nodes = try plan.records(in: answer, of: plan.native, scope: plan.scope).nodes
        var leftOut = LeftOutRecords()
        let records = try plan.records(nodes, mapper, leftOut: &leftOut)
        try leftOut.check()
        var warnings = ListWarnings()
        warnings.add(leftOut.warnings)
        warnings.add(of: records)
        var meta: JSONObject = ["config_revision": .string(connector.revision)]
        meta["warnings"] = warnings.json
        let list = writer.list(
            records,
            nextCursor: nil,
            total: Pagination(config: plan.native.pagination).total(in: answer),
            isPartial: plan.mapping.isPartial,
            meta: meta
        )
        return explained(list, isList: true)
    }

    /// The native call that `body` is an answer of: the one for the query, unless no record is found in it and another
    /// route of the method finds some.
    private func origin(
        of body: [UInt8],
        _ category: String,
        _ resource: String,
        _ method: String,
        _ query: [(name: String, value: String)]
    ) throws -> (plan: Plan, answer: NativeAnswer) {
        let first = Result { try read(body, by: plan(category, resource, method, query: query, body: nil)) }
        if case .success(let found) = first, hasRecords(found, method) { return found }
        for route in connector.mapping(category: category, resource: resource, method: method)?.routes ?? [] {
            let found = try? read(body, by: plan(category, resource, method, query: query, body: nil, route: route))
            if let found, hasRecords(found, method) { return found }
        }
        return try first.get()
    }

    private func read(_ body: [UInt8], by plan: Plan) throws -> (plan: Plan, answer: NativeAnswer) {
        let format = plan.native.request.answer.format ?? connector.document.http.responseFormat
        let response = InboundResponse(status: 200, body: body)
        do {
            let document = try BodyReader(format: format, bytesMax: connector.document.http.responseBytesMax).document(
                response
            )
            return (plan, NativeAnswer(response, document: document, format: format.kind))
        } catch let problem as Problem {
            throw Problem(
                .invalidRequest,
                "the native body cannot be read: \(problem.message)",
                underlying: problem.underlying
            )
        }
    }

    private func hasRecords(_ found: (plan: Plan, answer: NativeAnswer), _ method: String) -> Bool {
        guard method == "list" else {
            return (try? found.answer.record(of: found.plan.native, scope: found.plan.scope)) != nil
        }
        return (try? found.answer.records(of: found.plan.native, scope: found.plan.scope).nodes.isEmpty) == false
    }

    /// The native request that a unified call would send, without credentials.
    ///
    /// `explains`: whether `explain` beside it tells which level gave each part.
    /// Throws: `Problem`.
    package func request(
        category: String,
        resource: String,
        method: String,
        id: String? = nil,
        query: [(name: String, value: String)] = [],
        body: JSONValue? = nil,
        explains: Bool = false
    ) throws -> JSONValue {
        let plan = try plan(category, resource, method, id: id, query: query, body: body)
        guard !plan.hasNoRoute else {
            throw Problem(.methodNotSupported, "no route of the connector fits this call without its steps")
        }
        let pagination = Pagination(config: plan.native.pagination)
        let size = pagination.size(wanted: plan.limit, position: ListPosition())
        let isList = method == "list"
        let scope = plan.scope.adding("paging", isList ? pagination.scope(.first, size: size) : .null)
        var request = try plan.request(connector: connector.document, in: scope)
        if isList {
            try pagination.apply(.first, size: size, to: &request, connector: connector.document, scope: scope)
        }
        let shown = request.explained(connector: connector.document)
        guard explains else { return shown }
        return shown.overlaid(by: ["explain": explanation(plan).json(answer: nil)])
    }

    private func explanation(_ plan: Plan) -> Explanation {
        Explanation(plan: plan, connector: connector, context: .object(variables))
    }

    private func plan(
        _ category: String,
        _ resource: String,
        _ method: String,
        id: String? = nil,
        query: [(name: String, value: String)],
        body: JSONValue?,
        route: MethodMapping.Route? = nil
    ) throws -> Plan {
        let call = UnifiedCall(
            category: category,
            resource: resource,
            method: method,
            id: id ?? (method == "list" || method == "create" ? nil : "ID"),
            query: query,
            body: body,
            account: .random()
        )
        return try Plan(call, connector: connector, variables: variables, model: model, route: route)
    }
}
