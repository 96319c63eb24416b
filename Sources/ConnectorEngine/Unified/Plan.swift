import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// How one call will be done: decided before anything is sent, so that every refusal costs no vendor call.
struct Plan {
    /// What became of a filter.
    enum FilterFate: String {
        case pushedDown = "pushed_down"
        case appliedLocally = "applied_locally"
        case ignored
    }

    /// What the call itself says; an object, because no decision changes it.
    private final class Asked {
        /// What follows from the call's words alone.
        let words: PlannedWords
        let options: CallOptions
        /// The version that a write is meant for.
        let ifMatch: String?
        /// Tells repetitions of one write from further writes.
        let idempotencyKey: String?
        let body: UnifiedBody?
        let isRouteGiven: Bool

        init(
            _ words: PlannedWords,
            _ options: CallOptions,
            _ call: UnifiedCall,
            _ body: UnifiedBody?,
            _ isRouteGiven: Bool
        ) {
            self.words = words
            self.options = options
            ifMatch = call.ifMatch
            idempotencyKey = call.idempotencyKey
            self.body = body
            self.isRouteGiven = isRouteGiven
        }
    }

    private let asked: Asked
    /// Gives the unified record.
    private(set) var responseMapping: MappingStack?
    private(set) var route: MethodMapping.Route
    private(set) var native: ResourceMethod
    /// The native lists of this call, one after the other.
    private(set) var branches: [FanOutBranch]
    /// Whether no way fits, as far as can be told before the steps are done.
    private(set) var hasNoRoute = false
    /// What request expressions see, apart from `paging`.
    var scope: ExpressionScope

    var model: ResourceModel { asked.words.model }
    var query: UnifiedQuery { asked.words.query }
    var mapping: MethodMapping { asked.words.mapping }
    var filterFates: [(field: String, fate: FilterFate)] { asked.words.filterFates }
    /// Filters that the engine evaluates on mapped records.
    var localFilters: LocalFilters { asked.words.localFilters }
    /// Since when the vendor is asked for changes, as it reads times.
    var since: String? { asked.words.since }
    var options: CallOptions { asked.options }
    /// The body of a create or update.
    var body: UnifiedBody? { asked.body }

    /// Decides how `call` is done.
    ///
    /// `given`: the route to take instead of the first that fits the call.
    init(
        _ call: UnifiedCall,
        connector: CompiledConnector,
        variables: JSONObject,
        model: UnifiedModel,
        route given: MethodMapping.Route? = nil
    ) throws {
        let words = try PlannedWords(call, connector: connector, model: model)
        try self.init(call, words, connector: connector, variables: variables, route: given)
    }

    /// Decides how a call is done whose words were understood already.
    init(
        _ call: UnifiedCall,
        _ words: PlannedWords,
        connector: CompiledConnector,
        variables: JSONObject,
        route given: MethodMapping.Route? = nil
    ) throws {
        let mapping = words.mapping
        responseMapping = mapping.responseMapping
        var options = words.options
        try options.add(call.body, proxy: connector.document.proxy)
        var seen: [JSONObject.Member] = []
        seen.reserveCapacity(6)
        seen.append(JSONObject.Member(key: "context", value: .object(variables)))
        seen.append(JSONObject.Member(key: "query", value: words.described))
        if let id = call.id { seen.append(JSONObject.Member(key: "id", value: .string(id))) }
        var root = JSONObject(uniqueMembers: seen)
        let body = try Self.body(of: call, model: words.model, mapping: mapping, options: options, root: root)
        if let body {
            root["body"] = .object(body.native)
            root["unified"] = .object(body.unified)
        } else if let body = call.body {
            root["body"] = body
        }
        let scope = ExpressionScope(root)
        self.scope = scope
        asked = Asked(words, options, call, body, given != nil)
        branches = try mapping.fanOut.filter { try Self.holds($0.route.condition, scope) }
        let fitting = try given ?? Self.route(mapping, branches, scope)
        guard let route = fitting ?? mapping.routes.first else { throw Self.noRoute }
        self.route = route
        hasNoRoute = fitting == nil
        if hasNoRoute, mapping.pipeline.before.isEmpty { throw Self.noRoute }
        guard let native = connector.resourceMethod(route.resource, route.method) else {
            throw Problem(.configInvalid, "there is no native call '\(route.resource)/\(route.method)'")
        }
        self.native = native
        try checkVersion()
    }

    /// Decides anew after the steps ahead of the request, which conditions can see as `steps`.
    ///
    /// - Throws: `Problem` when no way fits.
    mutating func reroute(in connector: CompiledConnector) throws {
        guard !asked.isRouteGiven else { return }
        branches = try mapping.fanOut.filter { try Self.holds($0.route.condition, scope) }
        guard let route = try Self.route(mapping, branches, scope) else { throw Self.noRoute }
        guard let native = connector.resourceMethod(route.resource, route.method) else {
            throw Problem(.configInvalid, "there is no native call '\(route.resource)/\(route.method)'")
        }
        self.route = route
        self.native = native
        hasNoRoute = false
        try checkVersion()
    }

    private func checkVersion() throws {
        if asked.ifMatch != nil, !native.supportsIfMatch {
            throw Problem(
                .invalidRequest,
                "the vendor cannot check a version here; leave If-Match out",
                failures: [.init(code: "not_supported", message: "If-Match is not supported", pointer: "If-Match")]
            )
        }
    }

    /// The checked body of a create or update; custom methods have a schema of their own.
    private static func body(
        of call: UnifiedCall,
        model: ResourceModel,
        mapping: MethodMapping,
        options: CallOptions,
        root: JSONObject
    ) throws -> UnifiedBody? {
        switch call.method {
        case "create", "update":
            return try UnifiedBody(
                call.body,
                model: model,
                mapping: mapping,
                isCreate: call.method == "create",
                isStrict: options.isBodyStrict,
                scope: ExpressionScope(root)
            )
        default:
            guard let schema = mapping.write.bodySchema else { return nil }
            try CustomMethodBody.check(call.body ?? .null, against: schema)
            return nil
        }
    }

    /// The plan for one of the native lists of a call.
    ///
    /// - Throws: `Problem` when there is no such list.
    func branch(_ index: Int, of connector: CompiledConnector) throws -> Plan {
        guard !branches.isEmpty else { return self }
        guard index < branches.count,
            let native = connector.resourceMethod(
                branches[index].route.resource,
                branches[index].route.method
            )
        else {
            throw Problem(.configInvalid, "there is no such part of the list")
        }
        var plan = self
        plan.route = branches[index].route
        plan.native = native
        if let mapping = branches[index].responseMapping { plan.responseMapping = mapping }
        return plan
    }

    /// The native request, apart from paging and credentials.
    func request(connector: ConnectorDocument, paging: JSONValue) throws -> NativeRequest {
        try request(connector: connector, in: scope.adding("paging", paging))
    }

    /// The native request for what expressions see.
    func request(connector: ConnectorDocument, in scope: ExpressionScope) throws -> NativeRequest {
        var scope = scope
        if let paths = mapping.pathMapping { scope.root["path"] = try value(of: paths, in: scope) ?? .null }
        let builder = RequestBuilder(connector: connector, scope: scope)
        var request = try builder.request(of: native)
        request.errorMapping = mapping.errorMapping
        if let stack = route.queryMapping ?? mapping.queryMapping,
            case .object(let parameters)? = try value(of: stack, in: scope)
        {
            builder.merge(parameters, into: &request)
        }
        if let stack = route.bodyMapping ?? mapping.bodyMapping, let mapped = try value(of: stack, in: scope) {
            request.body = request.body.map { $0.overlaid(by: mapped) } ?? mapped
        }
        if let stack = mapping.headerMapping, case .object(let fields)? = try value(of: stack, in: scope) {
            for field in fields {
                if let text = field.value.plainText { request.setHeader(field.key, text) }
            }
        }
        if let since, let parameter = mapping.incremental?.parameter {
            try Pagination(config: native.pagination).put(.string(since), parameter, &request)
        }
        if !query.remoteQuery.isEmpty { builder.merge(query.remoteQuery, into: &request) }
        if let body { lay(body, over: &request) }
        for field in options.remoteHeaders { request.setHeader(field.name, field.value) }
        if let version = asked.ifMatch { request.setHeader("If-Match", version) }
        if let header = native.idempotencyHeader, let key = asked.idempotencyKey {
            request.setHeader(header, key)
            request.isIdempotent = true
        }
        return request
    }

    /// Custom fields go where they are read from, native members over everything.
    private func lay(_ body: UnifiedBody, over request: inout NativeRequest) {
        if let place = mapping.customFields?.writePath, let fields = body.unified["custom_fields"]?.object {
            request.body = place.laying(fields, over: request.body ?? [:])
        }
        if let members = body.remoteData { request.body = (request.body ?? [:]).overlaid(by: members) }
    }

    /// The call as response mappings see it.
    var described: JSONValue {
        var described: JSONObject = ["resource": .string(route.resource), "method": .string(route.method)]
        described["id"] = scope.root["id"]
        described["query"] = scope.root["query"]
        return .object(described)
    }

    /// The size of the caller's page.
    var limit: Int { query.namesLimit ? query.limit : native.pagination.limitDefault ?? query.limit }

    /// The account's variables, with what steps have added.
    var context: JSONValue { scope.root["context"] ?? .object([:]) }

    private func value(of stack: MappingStack, in scope: ExpressionScope) throws -> JSONValue? {
        do { return try stack.value(in: scope) } catch {
            throw ExpressionProblem.problem(error, level: stack.stages.last?.level)
        }
    }

    /// The way that fits; nil when none does.
    private static func route(
        _ mapping: MethodMapping,
        _ branches: [FanOutBranch],
        _ scope: ExpressionScope
    ) throws -> MethodMapping.Route? {
        if let route = branches.first?.route ?? mapping.fanOut.first?.route { return route }
        return try mapping.routes.first { try holds($0.condition, scope) }
    }

    private static var noRoute: Problem {
        Problem(.methodNotSupported, "no route of the connector fits this call")
    }

    private static func holds(_ condition: Expression?, _ scope: ExpressionScope) throws -> Bool {
        guard let condition else { return true }
        do { return try condition.isTrue(in: scope) } catch { throw ExpressionProblem.problem(error) }
    }
}
