import JSONValue
import Synchronization

/// Who is let in: keys, tokens, signatures, sessions; and how often.
extension VendorSimulator {
    /// The complaint about a request that is not let in.
    func unauthorized(_ route: SandboxDefinition.Route, _ request: SandboxRequest) -> SandboxResponse? {
        guard route.auth != "none" else { return nil }
        if hasSession(request) { return nil }
        if let name = definition.keyHeader, let key = request.header(name), definition.keys.contains(key) { return nil }
        let header = request.header("authorization") ?? ""
        if header.lowercased().hasPrefix("bearer ") {
            let token = String(header.dropFirst(7))
            if definition.keys.contains(token) { return nil }
            if let known = SandboxToken(token, .access, seal), isGood(known) {
                return known.expires > now() ? nil : complain("expired_token", request, [:])
            }
        } else if header.lowercased().hasPrefix("basic "), let pair = Base64Text.decode(String(header.dropFirst(6))) {
            let user = String(decoding: pair.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
            if definition.keys.contains(user) { return nil }
        }
        if let signature = definition.signature, header.lowercased().hasPrefix("oauth ") {
            let flaw = signature.flaw(of: request, now: now(), digests: digests) { nonce in
                state.withLock { $0.isNew(nonce) }
            }
            return flaw.map { complain("unauthorized", request, ["flaw": .string($0)]) }
        }
        return complain("unauthorized", request, [:])
    }

    func overLimit(_ request: SandboxRequest) -> SandboxResponse? {
        guard let limit = definition.rateLimit else { return nil }
        let caller = request.header("authorization") ?? ""
        let isOver = state.withLock { state in
            let recent = (state.hits[caller] ?? []).filter { $0 > now() - Double(limit.seconds) }
            state.hits[caller] = recent + [now()]
            return recent.count >= limit.requests
        }
        return isOver ? complain("rate_limited", request, [:]) : nil
    }

    // MARK: Sessions

    /// The answer, when the request opens or closes a session.
    func sessionAnswer(_ request: SandboxRequest) -> SandboxResponse? {
        guard let session = definition.session else { return nil }
        if request.path == session.openPath, request.method == session.openMethod { return open(session, request) }
        guard request.path == session.endPath, request.method == session.endMethod else { return nil }
        guard hasSession(request) else { return complain("unauthorized", request, [:]) }
        state.withLock { state in
            for known in carried(request) { state.sessions[known] = nil }
        }
        return SandboxResponse(status: 204)
    }

    private func open(_ session: SandboxSession, _ request: SandboxRequest) -> SandboxResponse {
        var scope: JSONObject = ["form": .object(JSONObject(request.form.map { ($0.key, .string($0.value)) }))]
        scope["headers"] = .object(JSONObject(request.headers.map { ($0.name, .string($0.value)) }))
        if let body = try? JSONValue(parsing: request.body) { scope["body"] = body }
        guard let given = try? evaluate(session.credentials, scope), let user = given["user"]?.string,
            let password = session.users[user], given["password"]?.string == password
        else { return complain("unauthorized", request, ["flaw": "credentials"]) }
        let id = "session-" + randomText()
        let until = now() + Double(session.lifetime)
        state.withLock { $0.sessions[id] = until }
        scope["session"] = .string(id)
        scope["user"] = .string(user)
        scope["lifetime"] = .number(JSONNumber(session.lifetime))
        guard let body = try? evaluate(session.answer, scope) else { return complain("server_error", request, scope) }
        return .json(body)
    }

    /// Whether the request carries a session that lives; it may live on by that.
    private func hasSession(_ request: SandboxRequest) -> Bool {
        guard let session = definition.session else { return false }
        let moment = now()
        return state.withLock { state in
            for id in carried(request) where (state.sessions[id] ?? 0) > moment {
                if session.slides { state.sessions[id] = moment + Double(session.lifetime) }
                return true
            }
            return false
        }
    }

    private func carried(_ request: SandboxRequest) -> [String] {
        guard let session = definition.session else { return [] }
        return request.headers.filter { $0.name == session.header && $0.value.hasPrefix(session.prefix) }
            .map { String($0.value.dropFirst(session.prefix.count)) }
    }
}
