package import JSONValue

/// A connector, decoded and with all its expressions compiled: everything the engine needs to know about a vendor.
///
/// An object, because every request takes it along through all its stages.
package final class ConnectorDocument: Sendable {
    /// The connector's key, such as `acme_crm`.
    package let name: String
    /// What people read.
    package let label: String
    /// Which unified categories it serves.
    package let categories: [String]
    /// The version that people read.
    package let version: String?
    /// The vendor's documentation.
    package let docs: String?
    /// A picture of the vendor.
    package let icon: String?
    /// Whether it is on its way out.
    package let deprecation: Deprecation?
    /// The connector that this one is a variant of.
    package let base: String?
    /// The vendor's regions.
    package let regions: [RegionConfig]
    /// The hosts it may call.
    package let hosts: [HostPattern]
    /// What differs from account to account.
    package let variables: [VariableConfig]
    /// The ways to connect, the preferred one first.
    package let auth: [AuthMethod]
    /// What all requests have in common.
    package let http: HTTPDefaults
    /// Where error answers have their parts.
    package let errorBody: ErrorBodyConfig
    /// What answers mean.
    package let errors: [ErrorRule]
    /// What the vendor tells about its limits.
    package let rateLimit: RateLimitConfig
    /// The limits that are kept before the vendor says no.
    package let budgets: [BudgetConfig]
    /// When a native call is repeated.
    package let retry: RetryConfig
    /// When an account is left alone.
    package let circuit: CircuitConfig
    /// How many calls may be under way at once.
    package let concurrency: ConcurrencyConfig
    /// Native calls by resource and method.
    package let resources: [String: [String: ResourceMethod]]
    /// Unified methods by category, resource and method.
    package let mappings: [String: [String: [String: MethodMapping]]]
    /// What is done when an account comes, comes again, or goes.
    package let lifecycle: LifecycleConfig
    /// How the vendor tells of changes.
    package let webhooks: WebhookConfig?
    /// Header fields that pass through the proxy beside the usual ones.
    package let proxy: ProxyConfig
    /// What the engine makes of the document, once for all calls.
    package let prepared = Prepared()

    static let keys = [
        "name", "label", "categories", "version", "docs", "icon", "deprecated", "extends", "regions", "hosts",
        "variables", "auth", "http",
        "functions", "error_body", "errors", "rate_limit", "budget", "retry", "circuit", "concurrency", "resources",
        "mappings", "proxy", "verify", "webhooks", "tests",
    ]

    /// Decodes and compiles a document, merged or as a folder holds it.
    ///
    /// - Parameters:
    ///   - document: the document.
    ///   - compiler: compiles its expressions; a caching one shares them between accounts.
    /// - Throws: ``ConnectorConfigError`` naming the first place that is wrong.
    package init(
        _ document: JSONValue,
        compiler: ExpressionCompiler = ExpressionCompiler()
    ) throws(ConnectorConfigError) {
        var compiler = compiler
        try compiler.define(
            DocumentReader(value: document, pointer: "", compiler: compiler).child("functions")
        )
        let reader = DocumentReader(value: document, pointer: "", compiler: compiler)
        try reader.allow(Self.keys + LifecycleConfig.keys)
        name = try reader.required("name").string()
        label = try reader.child("label")?.string() ?? name
        categories = try reader.child("categories")?.strings() ?? []
        version = reader.child("version")?.value.plainText
        docs = try reader.child("docs")?.string()
        icon = try reader.child("icon")?.string()
        if let icon, !icon.hasPrefix("https://") {
            throw try reader.required("icon").error("expected an https address, found '\(icon)'")
        }
        deprecation = try Deprecation.read(reader.child("deprecated"))
        base = try reader.child("extends")?.string()
        regions = try RegionConfig.all(reading: reader.child("regions"))
        var hosts: [HostPattern] = []
        for host in try reader.required("hosts").elements() {
            guard let pattern = HostPattern(try host.string()) else {
                throw host.error("expected a host such as 'api.example.com' or '*.example.com', in lower case")
            }
            hosts.append(pattern)
        }
        self.hosts = hosts
        let variables = try VariableConfig.all(reading: reader.child("variables"))
        let asksForRegion = !regions.isEmpty && !variables.contains { $0.name == "region" }
        self.variables = (asksForRegion ? [VariableConfig(regions: regions)] : []) + variables
        var auth: [AuthMethod] = []
        for (name, member) in try reader.required("auth").members() {
            auth.append(try AuthMethod(name: name, reading: member, verify: reader.child("verify")))
        }
        self.auth = auth
        http = try HTTPDefaults(reading: reader.required("http"))
        errorBody = try ErrorBodyConfig(reading: reader.child("error_body"))
        var errors: [ErrorRule] = []
        for rule in reader.child("errors")?.elements() ?? [] { errors.append(try ErrorRule(reading: rule)) }
        self.errors = auth.flatMap(\.invalidSessions) + errors
        rateLimit = try RateLimitConfig(reading: reader.child("rate_limit"))
        budgets = try BudgetConfig.all(reading: reader.child("budget"))
        retry = try RetryConfig(reading: reader.child("retry"))
        circuit = try CircuitConfig(reading: reader.child("circuit"))
        concurrency = try ConcurrencyConfig(
            reading: reader.child("concurrency"),
            oneByOne: auth.contains { $0.nextTokenHeader != nil }
        )
        proxy = try ProxyConfig(reading: reader.child("proxy"))
        lifecycle = try LifecycleConfig(reading: reader)
        webhooks = try reader.child("webhooks").map(WebhookConfig.init(reading:))
        resources = try Self.resources(reader.child("resources"))
        for call in lifecycle.calls + (webhooks?.calls ?? []) where resources[call.resource]?[call.method] == nil {
            throw ConnectorConfigError("there is no native call '\(call.resource)/\(call.method)'", at: call.pointer)
        }
        for name in lifecycle.sameOnReconnect where !self.variables.contains(where: { $0.name == name }) {
            throw ConnectorConfigError("there is no variable '\(name)'", at: "/reconnect/same")
        }
        mappings = try Self.mappings(reader.child("mappings"), resources: resources)
    }

    /// The way to connect with a name.
    package func authMethod(_ name: String) -> AuthMethod? {
        auth.first { $0.name == name }
    }

    /// Whether the connector may call `host`, in lower case.
    package func mayCall(host: String) -> Bool {
        hosts.contains { $0.matches(host) }
    }

    private static func resources(
        _ reader: DocumentReader?
    ) throws(ConnectorConfigError) -> [String: [String: ResourceMethod]] {
        var resources: [String: [String: ResourceMethod]] = [:]
        for (resource, methods) in try reader?.members() ?? [] {
            for (method, member) in try methods.members() {
                resources[resource, default: [:]][method] = try member.compiler.shared(member) {
                    () throws(ConnectorConfigError) in try ResourceMethod(reading: member)
                }
            }
        }
        for (resource, methods) in resources {
            for (name, method) in methods {
                for call in method.pagination.calls where resources[call.resource]?[call.method] == nil {
                    let place = [resource, name].map(PointerToken.escaped).joined(separator: "/")
                    throw ConnectorConfigError(
                        "there is no native call '\(call.resource)/\(call.method)'",
                        at: "/resources/\(place)/pagination"
                    )
                }
            }
        }
        return resources
    }

    private static func mappings(
        _ reader: DocumentReader?,
        resources: [String: [String: ResourceMethod]]
    ) throws(ConnectorConfigError) -> [String: [String: [String: MethodMapping]]] {
        var mappings: [String: [String: [String: MethodMapping]]] = [:]
        for (category, members) in try reader?.members() ?? [] {
            for (resource, methods) in try members.members() {
                for (method, member) in try methods.members() {
                    let mapping = try member.compiler.shared(member) { () throws(ConnectorConfigError) in
                        try MethodMapping(reading: member)
                    }
                    for route in mapping.routes where resources[route.resource]?[route.method] == nil {
                        throw member.error("there is no native call '\(route.resource)/\(route.method)'")
                    }
                    let calls = mapping.pipeline.calls + (mapping.describe?.calls ?? [])
                    for call in calls where resources[call.resource]?[call.method] == nil {
                        throw ConnectorConfigError(
                            "there is no native call '\(call.resource)/\(call.method)'",
                            at: call.pointer
                        )
                    }
                    mappings[category, default: [:]][resource, default: [:]][method] = mapping
                }
            }
        }
        return mappings
    }
}

/// What passes through the proxy.
package struct ProxyConfig: Sendable {
    /// Header fields of the caller that reach the vendor, in lower case.
    package let requestHeaders: [String]
    /// Header fields of the vendor that reach the caller, in lower case.
    package let responseHeaders: [String]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["request_headers", "response_headers"])
        requestHeaders = try reader?.child("request_headers")?.strings().map { $0.lowercased() } ?? []
        responseHeaders = try reader?.child("response_headers")?.strings().map { $0.lowercased() } ?? []
    }
}
