import JSONValue
import JSONata
import Synchronization

/// Reading, making, changing and removing records, and statements over them.
extension VendorSimulator {
    /// The collection a route names, itself or by a part of the path: `{type}`.
    func resolved(_ name: String, _ values: [String: String]) throws -> String {
        guard name.hasPrefix("{"), name.hasSuffix("}") else { return name }
        let named = values[String(name.dropFirst().dropLast())] ?? ""
        guard definition.collections[named] != nil else {
            throw Refusal("unknown_collection", ["collection": .string(named)])
        }
        return named
    }

    func records(_ collection: String) -> [JSONValue] {
        state.withLock { $0.records[collection] ?? [] }
    }

    /// The record with an id.
    ///
    /// - Throws: `Refusal`: `deleted` where the vendor has words for that, else `not_found`.
    func known(_ id: String, in collection: String) throws -> JSONValue {
        let field = definition.collections[collection]?.idField ?? "id"
        if let record = records(collection).first(where: { Self.named($0[field], id) }) {
            return record
        }
        let wasDeleted = state.withLock { $0.deleted.contains("\(collection)/\(id)") }
        throw Refusal(wasDeleted && definition.errors["deleted"] != nil ? "deleted" : "not_found", ["id": .string(id)])
    }

    /// Throws the vendor's complaint when the route's rules refuse the request.
    func refuse(_ route: SandboxDefinition.Route, _ scope: JSONObject) throws {
        guard let rule = route.rules.refusal, case .object(let details)? = try evaluate(rule, scope),
            let name = details["error"]?.string
        else { return }
        throw Refusal(name, details)
    }

    func create(
        _ route: SandboxDefinition.Route,
        _ scope: JSONObject,
        in collection: String
    ) throws -> JSONValue {
        guard let settings = definition.collections[collection] else {
            throw Refusal("unknown_collection", ["collection": .string(collection)])
        }
        let number = String(state.withLock { $0.nextNumber() })
        let zeros = max(0, settings.idLength - settings.nextID.count - number.count)
        let id = settings.nextID + String(repeating: "0", count: zeros) + number
        var scope = scope
        scope["id"] = .string(id)
        let body = try route.rules.record.map { try evaluate($0, scope) } ?? scope["body"]
        guard case .object(var object)? = body else { throw Refusal("malformed_body") }
        // A rule may have given it as a number.
        if !Self.named(object[settings.idField], id) { object[settings.idField] = .string(id) }
        state.withLock { $0.records[collection, default: []].append(.object(object)) }
        return .object(object)
    }

    func update(
        _ id: String,
        _ route: SandboxDefinition.Route,
        _ scope: JSONObject,
        in collection: String
    ) throws -> JSONValue {
        let field = definition.collections[collection]?.idField ?? "id"
        let patch = try route.rules.patch.map { try evaluate($0, scope) ?? .object([:]) } ?? scope["body"] ?? .null
        guard case .object = patch else { throw Refusal("malformed_body") }
        return try state.withLock { state in
            guard let index = state.records[collection]?.firstIndex(where: { Self.named($0[field], id) }),
                let old = state.records[collection]?[index]
            else { throw Refusal("not_found") }
            // A merge patch takes away what it sets to null; these vendors keep the member.
            let new = Self.laid(patch, over: old)
            state.records[collection]?[index] = new
            return new
        }
    }

    private static func named(_ value: JSONValue?, _ id: String) -> Bool {
        value?.string == id || value?.number?.text == id
    }

    func delete(_ id: String, in collection: String) {
        let field = definition.collections[collection]?.idField ?? "id"
        state.withLock { state in
            state.records[collection]?.removeAll { Self.named($0[field], id) }
            state.deleted.insert("\(collection)/\(id)")
        }
    }

    private static func laid(_ patch: JSONValue, over old: JSONValue) -> JSONValue {
        guard case .object(let members) = patch, case .object(var result) = old else { return patch }
        for member in members {
            result[member.key] = result[member.key].map { laid(member.value, over: $0) } ?? member.value
        }
        return .object(result)
    }

    // MARK: Statements

    func runSQL(
        _ text: String,
        _ tables: [String: String],
        _ route: SandboxDefinition.Route,
        _ scope: inout JSONObject
    ) throws {
        let query = try SQLQuery(text)
        guard let table = tables.first(where: { $0.key.lowercased() == query.table.lowercased() }) else {
            scope["table"] = .string(query.table)
            throw Refusal("unknown_table")
        }
        scope["table"] = .string(table.key)
        let relations = (definition.relations[table.key] ?? [:]).filter { relation in
            query.mentions(relation.key)
        }
        let all = try records(table.value).map { try related($0, relations, route, scope) }
        let names = all.flatMap { Array(($0.object ?? [:]).keys) } + Array(relations.keys)
        let found = try query.run(on: all, knownFields: Set(names.map { $0.lowercased() }))
        scope["count_only"] = .bool(query.isCount)
        let rows =
            query.isCount
            ? []
            : found.map { record -> JSONValue in
                .object([
                    "table": .string(table.key), "id": record["Id"] ?? record["id"] ?? .null,
                    "fields": .object(query.project(record)),
                ])
            }
        scope["total"] = .number(JSONNumber(found.count))
        // A place that the request names leads on, or a locator that the vendor gives out.
        if route.after != nil { try list(rows, route, &scope) } else { try page(rows, route, &scope) }
    }

    /// A record with those that it points at inside of it.
    private func related(
        _ record: JSONValue,
        _ relations: [String: Relation],
        _ route: SandboxDefinition.Route,
        _ scope: JSONObject
    ) throws -> JSONValue {
        guard !relations.isEmpty, case .object(var object) = record else { return record }
        for (name, relation) in relations {
            object[name] = .null
            guard let id = record[relation.key]?.string else { continue }
            for target in relation.targets {
                let field = definition.collections[target.collection]?.idField ?? "id"
                guard let other = records(target.collection).first(where: { $0[field]?.string == id }) else { continue }
                var scope = scope
                scope["table"] = .string(target.table)
                scope["id"] = .string(id)
                let head = try route.rules.related.flatMap { try evaluate($0, scope) } ?? .object([:])
                object[name] = Self.laid(other, over: head)
                break
            }
        }
        return .object(object)
    }
}
