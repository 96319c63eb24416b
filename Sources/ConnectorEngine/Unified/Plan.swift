import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// How one call will be done: decided before anything is sent, so that every refusal costs no vendor call.
struct Plan {
    /// What became of a filter.
    enum FilterFate: String {
        case pushedDown = "pushed_down"
        case ignored
    }

    let model: ResourceModel
    let query: UnifiedQuery
    let mapping: MethodMapping
    let route: MethodMapping.Route
    let native: ResourceMethod
    let options: CallOptions
    /// The body of a create or update.
    let body: UnifiedBody?
    /// What request expressions see, apart from `paging`.
    var scope: ExpressionScope
    let filterFates: [(field: String, fate: FilterFate)]

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
        guard let resource = model.resource(call.category, call.resource) else {
            throw Problem(.notFound, "there is no resource '\(call.category)/\(call.resource)' in the unified model")
        }
        guard let mapping = connector.mapping(category: call.category, resource: call.resource, method: call.method)
        else {
            throw Problem(
                .methodNotSupported,
                "the connector '\(connector.name)' has no \(call.method) of \(call.category)/\(call.resource)"
            )
        }
        let options = try CallOptions(call, proxy: connector.document.proxy)
        self.options = options
        let query = try UnifiedQuery(options.otherParameters, resource: resource, isList: call.method == "list")
        self.model = resource
        self.query = query
        self.mapping = mapping
        let filters = try PlannedFilters(query, mapping: mapping)
        filterFates = filters.fates
        var root: JSONObject = [
            "context": .object(variables),
            "query": .object(try Self.described(query, filters: filters.accepted, mapping: mapping)),
        ]
        root["id"] = call.id.map(JSONValue.string)
        body = try Self.body(of: call, model: resource, mapping: mapping, options: options, root: root)
        root["body"] = body.map { .object($0.native) } ?? call.body
        root["unified"] = body.map { .object($0.unified) }
        let scope = ExpressionScope(root)
        self.scope = scope
        route = try given ?? Self.route(mapping, scope: scope)
        guard let native = connector.resourceMethod(route.resource, route.method) else {
            throw Problem(.configInvalid, "there is no native call '\(route.resource)/\(route.method)'")
        }
        self.native = native
        if call.ifMatch != nil, !native.supportsIfMatch {
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

    /// The native request, apart from paging and credentials.
    func request(connector: ConnectorDocument, paging: JSONValue) throws -> NativeRequest {
        var scope = scope.adding("paging", paging)
        if let paths = mapping.pathMapping { scope.root["path"] = try value(of: paths, in: scope) ?? .null }
        let builder = RequestBuilder(connector: connector, scope: scope)
        var request = try builder.request(native.request)
        request.isIdempotent = native.isIdempotent
        request.scopes = native.scopes
        request.rateClass = native.rateClass
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
        builder.merge(query.remoteQuery, into: &request)
        if let body { lay(body, over: &request) }
        for field in options.remoteHeaders { request.setHeader(field.name, field.value) }
        if let version = options.ifMatch { request.setHeader("If-Match", version) }
        if let header = native.idempotencyHeader, let key = options.idempotencyKey {
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

    private func value(of stack: MappingStack, in scope: ExpressionScope) throws -> JSONValue? {
        do { return try stack.value(in: scope) } catch {
            throw ExpressionProblem.problem(error, level: stack.stages.last?.level)
        }
    }

    private static func route(_ mapping: MethodMapping, scope: ExpressionScope) throws -> MethodMapping.Route {
        for route in mapping.routes {
            guard let condition = route.condition else { return route }
            do {
                if try condition.isTrue(in: scope) { return route }
            } catch {
                throw ExpressionProblem.problem(error)
            }
        }
        throw Problem(.methodNotSupported, "no route of the connector fits this call")
    }

    /// The query as expressions see it.
    private static func described(
        _ query: UnifiedQuery,
        filters: [JSONValue],
        mapping: MethodMapping
    ) throws -> JSONObject {
        var described: JSONObject = [
            "filters": .array(filters), "limit": .number(JSONNumber(query.limit)),
            "select": .array(mapping.select.map(JSONValue.string)),
        ]
        if let search = query.search {
            guard mapping.supportsSearch else {
                throw Problem(
                    .filterNotSupported,
                    "the connector cannot search here",
                    failures: [
                        .init(code: "filter_not_supported", message: "search is not supported", pointer: "search")
                    ]
                )
            }
            described["search"] = .string(search)
        }
        guard query.sort.count <= mapping.sortMax else {
            throw Problem(
                .filterNotSupported,
                "the connector can sort by \(mapping.sortMax) key at a time",
                failures: [.init(code: "filter_not_supported", message: "too many keys", pointer: "sort_by")]
            )
        }
        described["sort"] = .array(
            try query.sort.map { key in
                guard let native = mapping.sort[key.field] else {
                    let name = "sort_by[\(key.field)]"
                    throw Problem(
                        .filterNotSupported,
                        "the connector cannot sort by '\(key.field)'",
                        failures: [
                            .init(code: "filter_not_supported", message: "this order is not supported", pointer: name)
                        ]
                    )
                }
                return [
                    "field": .string(key.field), "native": .string(native),
                    "direction": key.isAscending ? "asc" : "desc",
                ]
            }
        )
        return described
    }
}

/// The filters of a query with their native names, or the refusal of those that the vendor cannot evaluate.
struct PlannedFilters {
    private(set) var accepted: [JSONValue] = []
    private(set) var fates: [(field: String, fate: Plan.FilterFate)] = []

    init(_ query: UnifiedQuery, mapping: MethodMapping) throws {
        var failures: [Problem.Failure] = []
        var refused: ErrorCode?
        for filter in query.filters {
            let name = "\(filter.field)[\(filter.comparison.rawValue)]"
            guard let config = mapping.filters.first(where: { $0.field == filter.field }),
                config.operators.contains(filter.comparison.rawValue)
            else {
                fates.append((name, .ignored))
                if query.isStrict {
                    refused = refused ?? .filterNotSupported
                    failures.append(
                        .init(
                            code: ErrorCode.filterNotSupported.rawValue,
                            message: "the connector cannot evaluate this filter",
                            pointer: name
                        )
                    )
                }
                continue
            }
            guard let value = Self.value(of: filter, type: config.type) else {
                refused = refused ?? .invalidRequest
                failures.append(
                    .init(
                        code: ErrorCode.invalidRequest.rawValue,
                        message: "expected \(Self.expectation(config.type))",
                        pointer: name
                    )
                )
                continue
            }
            fates.append((name, .pushedDown))
            accepted.append([
                "field": .string(filter.field), "op": .string(filter.comparison.rawValue),
                "native": .string(config.native), "type": .string(config.type.rawValue), "value": value,
            ])
        }
        if let refused {
            throw Problem(
                refused,
                "'\(failures[0].pointer)': \(failures[0].message)",
                failures: failures
            )
        }
    }

    private static func value(of filter: UnifiedQuery.Filter, type: FilterConfig.ValueType) -> JSONValue? {
        switch filter.comparison {
        case .exists: return filter.values[0] == "false" ? false : filter.values[0] == "true" ? true : nil
        case .in, .nin:
            let values = filter.values.map { typed($0, type) }
            guard !values.isEmpty, !values.contains(nil) else { return nil }
            return .array(values.compactMap(\.self))
        default: return typed(filter.values[0], type)
        }
    }

    /// The value in the form that its type promises to expressions; nil when it has not that form.
    private static func typed(_ text: String, _ type: FilterConfig.ValueType) -> JSONValue? {
        switch type {
        case .string: .string(text)
        case .number: JSONValue.number(fromText: text)
        case .boolean: text == "true" ? true : text == "false" ? false : nil
        case .datetime: Instant(text).map { .string($0.text) }
        case .date: CivilDate(text).map { .string($0.text) }
        }
    }

    private static func expectation(_ type: FilterConfig.ValueType) -> String {
        switch type {
        case .string: "a value"
        case .number: "a number"
        case .boolean: "true or false"
        case .datetime: "an RFC 3339 time, such as 2026-05-01T00:00:00Z"
        case .date: "a date, such as 2026-05-01"
        }
    }
}
