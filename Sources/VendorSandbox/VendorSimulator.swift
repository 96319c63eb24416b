import JSONValue
import JSONata
import Synchronization
import Vocabulary

/// One vendor: a pure decision from request to answer over a state of its own.
final class VendorSimulator: Sendable {
    let name: String
    let definition: SandboxDefinition
    let state: Mutex<VendorState>
    let digests: any Digests
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    init(
        name: String,
        definition: SandboxDefinition,
        digests: any Digests,
        now: @escaping @Sendable () -> Double
    ) {
        self.name = name
        self.definition = definition
        self.digests = digests
        self.now = now
        state = Mutex(VendorState(definition))
    }

    /// Answers a request.
    func respond(_ request: SandboxRequest) -> SandboxResponse {
        if let fault = takeFault(request.path) { return faulty(fault, request) }
        if definition.requiresClientCertificate, !request.hasClientCertificate {
            return complain("no_certificate", request, ["path": .string(request.path)])
        }
        if let answer = oauthAnswer(request) ?? sessionAnswer(request) { return answer }
        let segments = SandboxDefinition.segments(request.path)
        var wrongMethod = false
        for route in definition.routes {
            guard let values = Self.match(route.path, segments) else { continue }
            guard route.method == request.method else {
                wrongMethod = true
                continue
            }
            return perform(route, request, values)
        }
        return complain(wrongMethod ? "method_not_allowed" : "no_route", request, ["path": .string(request.path)])
    }

    /// Lets the next requests fail.
    func add(fault: VendorState.Fault) {
        state.withLock { $0.faults.append(fault) }
    }

    /// Takes back the faults that are left.
    func clearFaults() {
        state.withLock { $0.faults.removeAll() }
    }

    // MARK: Routes

    private func perform(_ route: SandboxDefinition.Route, _ request: SandboxRequest, _ values: [String: String])
        -> SandboxResponse
    {
        if case .soap = route.action { return soapAnswer(request, values) }
        if let refusal = unauthorized(route, request) { return refusal }
        if let refusal = overLimit(request) { return refusal }
        var scope = Self.scope(request, values)
        scope["now"] = .string(Moment.text(now()))
        do {
            try act(route, request, values, &scope)
            var response = SandboxResponse(status: route.status)
            if let status = route.rules.emptyStatus, scope["rows"]?.array?.isEmpty == true {
                response = SandboxResponse(status: status)
            } else if let answer = route.answer, let body = try evaluate(answer, scope) {
                response = .json(body, status: route.status)
            }
            response.headers += try headers(definition.headers, scope) + headers(route.headers, scope)
            return response
        } catch {
            return complain(about: error, request, scope)
        }
    }

    private func act(
        _ route: SandboxDefinition.Route,
        _ request: SandboxRequest,
        _ values: [String: String],
        _ scope: inout JSONObject
    ) throws {
        for companion in route.rules.companions {
            scope[companion.name] = .array(records(try resolved(companion.collection, values)))
        }
        switch route.action {
        case .soap: break
        case .answer:
            if let body = try? JSONValue(parsing: request.body) { scope["body"] = body }
            try refuse(route, scope)
        case .sql(let parameter, let tables, let statement):
            if !request.body.isEmpty { scope["body"] = try JSONValue(parsing: request.body) }
            try refuse(route, scope)
            let text = try statement.map { try evaluate($0, scope)?.string ?? "" } ?? request.query(parameter) ?? ""
            try runSQL(text, tables, route, &scope)
        case .locator: try continueList(values["locator"] ?? "", route, &scope)
        case .list(let name):
            if !request.body.isEmpty { scope["body"] = try JSONValue(parsing: request.body) }
            try refuse(route, scope)
            try list(route.rules.selected(records(resolved(name, values)), in: scope), route, &scope)
        case .search(let name):
            let body = try JSONValue(parsing: request.body)
            scope["body"] = body
            try refuse(route, scope)
            let collection = try resolved(name, values)
            let properties = definition.collections[collection]?.properties ?? ""
            let found = try FilterGroups(body, paths: route.rules.searchPaths).run(on: records(collection)) { record in
                properties.isEmpty ? record : record[properties] ?? .null
            }
            try list(found, route, &scope)
        case .get(let name):
            scope["record"] = try known(values["id"] ?? "", in: resolved(name, values))
            try refuse(route, scope)
        case .create(let name):
            scope["body"] = try JSONValue(parsing: request.body)
            try refuse(route, scope)
            scope["record"] = try create(route, scope, in: resolved(name, values))
        case .update(let name):
            if !request.body.isEmpty { scope["body"] = try JSONValue(parsing: request.body) }
            let id = try route.rules.identifier(in: scope) ?? values["id"] ?? ""
            let collection = try resolved(name, values)
            scope["record"] = try known(id, in: collection)
            try refuse(route, scope)
            scope["record"] = try update(id, route, scope, in: collection)
        case .delete(let name):
            let collection = try resolved(name, values)
            let id = values["id"] ?? ""
            do { scope["record"] = try known(id, in: collection) } catch let error as Refusal {
                if route.rules.toleratesMissing { return }
                throw error
            }
            try refuse(route, scope)
            delete(id, in: collection)
        }
    }

    /// Why a route cannot be answered, by the name of the vendor's complaint.
    struct Refusal: Error {
        let name: String
        var details = JSONObject()

        init(_ name: String, _ details: JSONObject = [:]) {
            self.name = name
            self.details = details
        }
    }

    private func complain(about error: any Error, _ request: SandboxRequest, _ scope: JSONObject) -> SandboxResponse {
        var details = scope
        switch error {
        case let error as Refusal:
            for member in error.details { details[member.key] = member.value }
            return complain(error.name, request, details)
        case let error as SQLQuery.Failure:
            details["message"] = .string(error.message)
            return complain("malformed_query", request, details)
        case let error as SQLQuery.UnknownField:
            details["field"] = .string(error.field)
            return complain("unknown_field", request, details)
        case let error as FilterGroups.Failure:
            details["message"] = .string(error.message)
            return complain("malformed_query", request, details)
        case is JSONParseError: return complain("malformed_body", request, details)
        default:
            details["message"] = .string("the sandbox's own data is wrong: \(error)")
            return .json(.object(details), status: 599)
        }
    }

    func page(_ rows: [JSONValue], _ route: SandboxDefinition.Route, _ scope: inout JSONObject) throws {
        let size = try route.pageSize.flatMap { try evaluate($0, scope)?.int } ?? 2000
        scope["rows"] = .array(Array(rows.prefix(size)))
        guard rows.count > size else { return }
        let rest = Array(rows.dropFirst(size))
        let total = scope["total"]?.int ?? rows.count
        let locator = state.withLock { state -> String in
            let id = "0r8SANDBOX\(state.nextNumber())-\(total - rest.count)"
            state.locators[id] = [.object(scope.filtered(["table", "total"]))] + rest
            return id
        }
        scope["locator"] = .string(locator)
    }

    private func continueList(_ locator: String, _ route: SandboxDefinition.Route, _ scope: inout JSONObject) throws {
        guard let kept = state.withLock({ $0.locators[locator] }), let head = kept.first else {
            throw Refusal("unknown_locator")
        }
        for member in head.object ?? [:] { scope[member.key] = member.value }
        try page(Array(kept.dropFirst()), route, &scope)
    }

    func list(_ selected: [JSONValue], _ route: SandboxDefinition.Route, _ scope: inout JSONObject) throws {
        var found = selected
        if let order = route.order {
            scope["rows"] = .array(selected)
            found = try evaluate(order, scope)?.array ?? selected
        }
        let size = try route.pageSize.flatMap { try evaluate($0, scope)?.int } ?? found.count
        let start = try route.after.flatMap { try evaluate($0, scope)?.int } ?? 0
        guard start >= 0, size >= 0 else { throw Refusal("malformed_query") }
        scope["total"] = .number(JSONNumber(found.count))
        scope["rows"] = .array(Array(found.dropFirst(start).prefix(size)))
        if start + size < found.count { scope["next"] = .number(JSONNumber(start + size)) }
    }

    // MARK: Faults

    private func takeFault(_ path: String) -> String? {
        state.withLock { state in
            guard let index = state.faults.firstIndex(where: { path.contains($0.path) }) else { return nil }
            let name = state.faults[index].name
            state.faults[index].times -= 1
            if state.faults[index].times <= 0 { state.faults.remove(at: index) }
            return name
        }
    }

    private func faulty(_ fault: String, _ request: SandboxRequest) -> SandboxResponse {
        switch fault {
        case "drop": return SandboxResponse(status: 200, manner: .dropped)
        case "slow":
            return SandboxResponse(
                status: 200,
                headers: [("Content-Type", "application/json")],
                body: Array("{}".utf8),
                manner: .late(60_000)
            )
        case "garbage":
            return SandboxResponse(
                status: 200,
                headers: [("Content-Type", "application/json")],
                body: Array("{\"records\": [".utf8)
            )
        case "huge":
            return SandboxResponse(
                status: 200,
                headers: [("Content-Type", "application/json")],
                body: [UInt8](repeating: UInt8(ascii: " "), count: 40 * 1024 * 1024)
            )
        default: return complain(fault, request, [:])
        }
    }

    // MARK: Answers

    func complain(_ name: String, _ request: SandboxRequest, _ details: JSONObject) -> SandboxResponse {
        guard let complaint = definition.errors[name] ?? definition.errors["other"] else {
            return SandboxResponse(status: 500, body: Array("no error '\(name)' is described".utf8))
        }
        var scope = details
        scope["error"] = .string(name)
        scope["path"] = .string(request.path)
        var response = SandboxResponse(status: complaint.status)
        if let body = complaint.body, let value = try? evaluate(body, scope) {
            response =
                (try? definition.soap?.response(value, status: complaint.status, isQualified: false))
                ?? .json(value, status: complaint.status)
        } else if let text = complaint.text {
            response.headers.append(("Content-Type", "text/html"))
            response.body = Array(text.utf8)
        }
        response.headers += complaint.headers.map { (name: $0.0, value: $0.1) }
        return response
    }

    func evaluate(_ expression: JSONataExpression, _ scope: JSONObject) throws -> JSONValue? {
        try expression.evaluate(.object(scope))
    }

    private func headers(_ expression: JSONataExpression?, _ scope: JSONObject) throws -> [(
        name: String, value: String
    )] {
        guard let expression, let value = try evaluate(expression, scope)?.object else { return [] }
        return value.map { ($0.key, $0.value.string ?? $0.value.text()) }
    }

    private static func scope(_ request: SandboxRequest, _ values: [String: String]) -> JSONObject {
        var query = JSONObject()
        // A repeated parameter is a list, which is also written with commas.
        for item in request.query {
            query[item.name] = .string([query[item.name]?.string, item.value].compactMap { $0 }.joined(separator: ","))
        }
        var headers = JSONObject()
        for item in request.headers where item.name != "authorization" { headers[item.name] = .string(item.value) }
        return [
            "path": .string(request.path), "query": .object(query), "headers": .object(headers),
            "params": .object(JSONObject(values.map { ($0.key, .string($0.value)) })),
        ]
    }

    private static func match(_ template: [String], _ segments: [String]) -> [String: String]? {
        guard template.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(template, segments) {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                values[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return values
    }
}

extension JSONObject {
    fileprivate func filtered(_ keys: [String]) -> JSONObject {
        JSONObject(keys.compactMap { key in self[key].map { (key, $0) } })
    }
}

/// Standard base64 (RFC 4648 section 4), as Basic credentials are written.
enum Base64Text {
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bytes
    }
}
