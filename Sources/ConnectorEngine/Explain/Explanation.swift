import ConnectorConfig
import JSONValue
import Vocabulary

/// How an answer came about: what `explain=true` adds to it.
struct Explanation {
    let plan: Plan
    let connector: CompiledConnector
    let context: JSONValue

    /// Records of an answer that are looked at for the levels of their fields.
    private static let recordsMax = 20

    /// The whole of it.
    ///
    /// - Parameters:
    ///   - answer: a good answer of the vendor; nil when there was none.
    ///   - trace: what was sent; nil offline.
    ///   - budget: how the strictest budget stands.
    /// - Returns: an object.
    func json(answer: NativeAnswer?, trace: CallTrace? = nil, budget: Problem.RateLimit? = nil) -> JSONValue {
        var shown: JSONObject = [
            "config": configuration,
            "route": ["resource": .string(plan.route.resource), "method": .string(plan.route.method)],
        ]
        if let trace { shown["requests"] = trace.requests }
        shown["mappings"] = .object(mappings(answer))
        shown["filters"] = .object(JSONObject(plan.filterFates.map { ($0.field, .string($0.fate.rawValue)) }))
        shown["paging"] = ["kind": .string(plan.native.pagination.kind.rawValue)]
        if let budget {
            shown["budget"] = [
                "limit": .number(JSONNumber(budget.limit)), "remaining": .number(JSONNumber(budget.remaining)),
                "reset": .number(JSONNumber(budget.reset)), "policy": .string(budget.policy),
            ]
        } else {
            shown["budget"] = .null
        }
        if let rateClass = plan.native.rateClass { shown["rate_class"] = .string(rateClass) }
        if let trace { shown["timings"] = trace.timings }
        return .object(shown)
    }

    /// Adds an explanation to an answer's bytes: to `meta` of a list, as `meta` to anything else.
    ///
    /// Records are not written anew, so that what the vendor sent stays as it is.
    static func adding(_ explanation: JSONValue, to body: [UInt8], isList: Bool) -> [UInt8] {
        var body = body
        let closing = isList ? 2 : 1
        guard body.count > closing, body.suffix(closing).allSatisfy({ $0 == UInt8(ascii: "}") }) else { return body }
        body.removeLast(closing)
        let isEmpty = body.last == UInt8(ascii: "{")
        body += Array(isEmpty ? "".utf8 : ",".utf8)
        body += Array(isList ? "\"explain\":".utf8 : "\"meta\":{\"explain\":".utf8)
        body += explanation.bytes()
        body += Array("}}".utf8)
        return body
    }

    private var configuration: JSONValue {
        let versions = connector.revision.split(separator: ".").compactMap { Int($0) }
        let layers = zip(OverrideLevel.allCases, versions).filter { $0.1 > 0 }
        return [
            "connector": .string(connector.name), "revision": .string(connector.revision),
            "layers": .array(
                layers.map { ["level": .string($0.0.rawValue), "version": .number(JSONNumber($0.1))] }
            ),
            "overrides": .array(
                connector.provenance.overrides.map { place in
                    [
                        "pointer": .string(place.pointer), "level": .string(place.origin.level.rawValue),
                        "version": .number(JSONNumber(place.origin.version)),
                    ]
                }
            ),
        ]
    }

    private func mappings(_ answer: NativeAnswer?) -> JSONObject {
        let mapping = plan.mapping
        var shown = JSONObject()
        var scope = plan.scope
        if let paths = mapping.pathMapping { scope.root["path"] = (try? paths.value(in: scope)) ?? .null }
        let stacks: [(name: String, stack: MappingStack?)] = [
            ("query_mapping", plan.route.queryMapping ?? mapping.queryMapping),
            ("request_body_mapping", plan.route.bodyMapping ?? mapping.bodyMapping),
            ("request_header_mapping", mapping.headerMapping), ("path_mapping", mapping.pathMapping),
        ]
        for (name, stack) in stacks {
            guard let stack else { continue }
            shown[name] = described(stack, fields: (try? stack.levels(in: scope)) ?? [])
        }
        if let stack = plan.mapping.pageMapping {
            shown["response_mapping"] = described(stack, fields: [])
        } else if let stack = plan.responseMapping {
            shown["response_mapping"] = described(stack, fields: answer.map { fields(of: stack, in: $0) } ?? [])
        }
        return shown
    }

    /// The fields that the first records of an answer get.
    private func fields(of stack: MappingStack, in answer: NativeAnswer) -> [(field: String, level: OverrideLevel)] {
        let nodes =
            (try? answer.records(of: plan.native, scope: plan.scope).nodes)
            ?? (try? [answer.record(of: plan.native, scope: plan.scope)]) ?? []
        var root: JSONObject = ["context": context, "request": plan.described]
        if stack.mentionsPage { root["page"] = answer.document?.root.value }
        let scope = ExpressionScope(root)
        var fields: [(field: String, level: OverrideLevel)] = []
        for node in nodes.prefix(Self.recordsMax) {
            for entry in (try? stack.levels(in: scope.adding("response", node.value))) ?? []
            where !fields.contains(where: { $0.field == entry.field }) {
                fields.append(entry)
            }
        }
        return fields
    }

    private func described(_ stack: MappingStack, fields: [(field: String, level: OverrideLevel)]) -> JSONValue {
        [
            "levels": .array(
                stack.stages.map { ["level": .string($0.level.rawValue), "pointer": .string($0.pointer)] }
            ),
            "fields": .object(JSONObject(fields.map { ($0.field, .string($0.level.rawValue)) })),
        ]
    }
}
