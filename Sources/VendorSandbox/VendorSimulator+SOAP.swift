import Foundation
import JSONValue
import JSONata
import Vocabulary

/// SOAP over one route: the envelope's user is checked, the body's element names the operation.
extension VendorSimulator {
    /// The answer to a request on a route whose action is `soap`.
    func soapAnswer(_ request: SandboxRequest, _ values: [String: String]) -> SandboxResponse {
        guard let soap = definition.soap, let envelope = SandboxEnvelope(request.body) else {
            return complain("malformed_body", request, [:])
        }
        var scope: JSONObject = [
            "operation": .string(envelope.operation), "request": envelope.request,
            "now": .string(Date(timeIntervalSince1970: now()).formatted(.iso8601)),
            "params": .object(JSONObject(values.map { ($0.key, .string($0.value)) })),
        ]
        guard knows(envelope.header, soap) else { return complain("unauthorized", request, scope) }
        if let refusal = overLimit(request) { return refusal }
        guard let operation = soap.operations[envelope.operation] else {
            return complain("unknown_operation", request, scope)
        }
        do {
            var rows = operation.collection.map { records($0) } ?? []
            scope["rows"] = .array(rows)
            if let select = operation.select {
                let selected = try evaluate(select, scope)
                rows = selected.map { $0.array ?? [$0] } ?? []
                scope["rows"] = .array(rows)
            }
            if let refuse = operation.refuse, let refusal = try evaluate(refuse, scope),
                let name = refusal["name"]?.string
            {
                scope["message"] = refusal["message"]
                return complain(name, request, scope)
            }
            let page = try operation.page.flatMap { try evaluate($0, scope)?.int } ?? 1
            let size = max(1, try operation.size.flatMap { try evaluate($0, scope)?.int } ?? 100)
            scope["total"] = .number(JSONNumber(rows.count))
            scope["pages"] = .number(JSONNumber((rows.count + size - 1) / size))
            scope["page"] = .number(JSONNumber(page))
            scope["size"] = .number(JSONNumber(size))
            scope["rows"] = .array(Array(rows.dropFirst(max(0, page - 1) * size).prefix(size)))
            guard let answer = try evaluate(operation.answer, scope) else {
                return complain("unknown_operation", request, scope)
            }
            return try soap.response(answer, isQualified: true)
        } catch {
            return .json(["message": .string("the sandbox's own data is wrong: \(error)")], status: 599)
        }
    }

    /// Whether a header has the token of a user, with his password as text or as a digest over nonce and time
    /// (OASIS UsernameToken Profile 1.0).
    private func knows(_ header: JSONValue?, _ soap: SandboxSOAP) -> Bool {
        func text(_ value: JSONValue?) -> String { value?.string ?? value?["#text"]?.string ?? "" }
        guard let token = header?["Security"]?["UsernameToken"], let password = soap.users[text(token["Username"])]
        else {
            return false
        }
        let shown = text(token["Password"])
        guard token["Password"]?["@Type"]?.string?.hasSuffix("#PasswordDigest") == true else {
            return shown == password
        }
        guard let nonce = Base64Text.decode(text(token["Nonce"])), !nonce.isEmpty,
            let digest = try? digests.digest(
                .sha1,
                of: nonce + Array(text(token["Created"]).utf8) + Array(password.utf8)
            )
        else { return false }
        return Base64Text.decode(shown) == digest
    }
}
