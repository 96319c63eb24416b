import JSONValue
import Synchronization
import Vocabulary

/// The authorization server: consent page, code exchange with proof key, refresh, revocation (RFC 6749, 7636, 7009).
extension VendorSimulator {
    /// The answer, when the path is one of the authorization server's.
    func oauthAnswer(_ request: SandboxRequest) -> SandboxResponse? {
        guard let oauth = definition.oauth else { return nil }
        switch request.path {
        case oauth.authorizePath: return request.method == "POST" ? decide(request, oauth) : consent(request, oauth)
        case oauth.revokePath where request.method == "POST": return revoke(request)
        default:
            guard request.method == "POST",
                let endpoint = oauth.tokenEndpoints.first(where: { $0.path == request.path })
            else { return nil }
            return token(request, oauth, endpoint)
        }
    }

    private func consent(_ request: SandboxRequest, _ oauth: SandboxDefinition.OAuth) -> SandboxResponse {
        guard request.query("client_id") == oauth.clientID, let redirect = request.query("redirect_uri"),
            !redirect.isEmpty
        else {
            return .html(
                Self.page("This application is unknown", "<p>client_id or redirect_uri is not registered.</p>"),
                status: 400
            )
        }
        if oauth.requiresProofKey, request.query("code_challenge_method") != "S256" {
            return SandboxResponse(
                status: 302,
                headers: [
                    (
                        "Location",
                        Self.back(redirect, ["error": "invalid_request", "state": request.query("state") ?? ""])
                    )
                ]
            )
        }
        let hidden = request.query.map {
            "<input type=\"hidden\" name=\"\(Self.escaped($0.name))\" value=\"\(Self.escaped($0.value))\">"
        }.joined(separator: "\n")
        let scope = Self.escaped(request.query("scope") ?? "")
        return .html(
            Self.page(
                "Allow access?",
                """
                <p>An application asks for access to your data: <strong>\(scope)</strong></p>
                <form method="post" action="\(Self.escaped(request.path))">
                \(hidden)
                <button type="submit" name="decision" value="allow">Allow</button>
                <button type="submit" name="decision" value="deny">Deny</button>
                </form>
                """
            )
        )
    }

    private func decide(_ request: SandboxRequest, _ oauth: SandboxDefinition.OAuth) -> SandboxResponse {
        let form = request.form
        guard form["client_id"] == oauth.clientID, let redirect = form["redirect_uri"] else {
            return .html(Self.page("This application is unknown", ""), status: 400)
        }
        let stateText = form["state"] ?? ""
        guard form["decision"] == "allow" else {
            return SandboxResponse(
                status: 302,
                headers: [("Location", Self.back(redirect, ["error": "access_denied", "state": stateText]))]
            )
        }
        let code = "code-" + randomText()
        state.withLock {
            $0.consents[code] = VendorState.Consent(
                redirectURI: redirect,
                challenge: form["code_challenge"],
                scope: form["scope"] ?? ""
            )
        }
        return SandboxResponse(
            status: 302,
            headers: [("Location", Self.back(redirect, ["code": code, "state": stateText]))]
        )
    }

    private func token(
        _ request: SandboxRequest,
        _ oauth: SandboxDefinition.OAuth,
        _ endpoint: SandboxTokenEndpoint
    ) -> SandboxResponse {
        let form = request.form
        var client = (id: form["client_id"], secret: form["client_secret"])
        if let header = request.header("authorization"), header.hasPrefix("Basic "),
            let pair = Base64Text.decode(String(header.dropFirst(6)))
        {
            let sides = String(decoding: pair, as: UTF8.self).split(separator: ":", maxSplits: 1)
            if sides.count == 2 { client = (FormText.decoded(sides[0]), FormText.decoded(sides[1])) }
        }
        guard client.id == oauth.clientID, client.secret == oauth.clientSecret else {
            return complain("invalid_client", request, [:])
        }
        let grant =
            endpoint.namesGrant ? SandboxTokenEndpoint.Grant(rawValue: form["grant_type"] ?? "") : endpoint.grants.first
        guard let grant, endpoint.grants.contains(grant) else {
            return complain("unsupported_grant_type", request, [:])
        }
        switch grant {
        case .authorizationCode:
            guard let consent = state.withLock({ $0.consents.removeValue(forKey: form["code"] ?? "") }),
                consent.redirectURI == form["redirect_uri"], proves(form["code_verifier"], consent.challenge)
            else { return complain("invalid_grant", request, [:]) }
            return granted(randomText(), scope: consent.scope, oauth, endpoint, request, keeping: nil)
        case .clientCredentials:
            return granted(randomText(), scope: form["scope"] ?? "", oauth, endpoint, request, keeping: nil)
        case .refreshToken:
            let old = form["refresh_token"] ?? ""
            guard let token = SandboxToken(old, .refresh, seal), isGood(token),
                !state.withLock({ $0.revoked.contains(old) })
            else { return complain("invalid_grant", request, [:]) }
            if oauth.rotates { state.withLock { _ = $0.revoked.insert(old) } }
            return granted(
                token.grant,
                scope: token.scope,
                oauth,
                endpoint,
                request,
                keeping: oauth.rotates ? nil : old
            )
        }
    }

    private func granted(
        _ grant: String,
        scope: String,
        _ oauth: SandboxDefinition.OAuth,
        _ endpoint: SandboxTokenEndpoint,
        _ request: SandboxRequest,
        keeping refreshToken: String?
    ) -> SandboxResponse {
        let expires = now() + Double(oauth.lifetime)
        let access = SandboxToken(kind: .access, grant: grant, scope: scope, expires: expires, nonce: randomText())
        let refresh = SandboxToken(kind: .refresh, grant: grant, scope: scope, expires: 0, nonce: randomText())
        let values: JSONObject = [
            "access_token": .string(access.text(seal)), "refresh_token": .string(refreshToken ?? refresh.text(seal)),
            "is_refresh": .bool(refreshToken != nil), "scope": .string(scope),
            "lifetime": .number(JSONNumber(oauth.lifetime)), "now": .number(JSONNumber(Int(now()))),
        ]
        guard let answer = try? evaluate(endpoint.answer, values) else { return complain("other", request, [:]) }
        var response = SandboxResponse.json(answer)
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }

    private func revoke(_ request: SandboxRequest) -> SandboxResponse {
        let text = request.form["token"] ?? ""
        if let token = SandboxToken(text, .refresh, seal) ?? SandboxToken(text, .access, seal) {
            state.withLock { _ = $0.revoked.insert(token.grant) }
        }
        return SandboxResponse(status: 200)
    }

    /// Whether a token's grant still stands.
    func isGood(_ token: SandboxToken) -> Bool {
        !state.withLock { $0.revoked.contains(token.grant) }
    }

    /// Seals what tokens say, so that they stay good when the sandbox is started anew.
    func seal(_ text: String) -> String {
        let key = Array("\(name):\(definition.oauth?.clientSecret ?? "")".utf8)
        return Hexadecimal.text((try? digests.hmac(.sha256, of: Array(text.utf8), key: key)) ?? [])
    }

    func randomText() -> String {
        Hexadecimal.text((try? digests.randomBytes(12)) ?? [])
    }

    private func proves(_ verifier: String?, _ challenge: String?) -> Bool {
        guard let challenge else { return true }
        guard let verifier, (43...128).contains(verifier.utf8.count),
            let digest = try? digests.digest(.sha256, of: Array(verifier.utf8)),
            let sent = Base64Text.decode(
                challenge.replacing("-", with: "+").replacing("_", with: "/")
            )
        else { return false }
        return digest == sent
    }

    private static func back(_ url: String, _ items: [String: String]) -> String {
        let query = items.sorted { $0.key < $1.key }.map { "\($0.key)=\(FormText.encoded($0.value))" }.joined(
            separator: "&"
        )
        return url + (url.contains("?") ? "&" : "?") + query
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static func page(_ title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
        <body><main><h1>\(title)</h1>
        <p>This is a simulated vendor of the development sandbox.</p>
        \(body)
        </main></body></html>
        """
    }
}
