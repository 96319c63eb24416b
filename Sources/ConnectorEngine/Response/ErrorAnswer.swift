import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor's error answer with its parts found: what conditions and expressions of error rules look at.
struct ErrorAnswer {
    let response: InboundResponse
    let body: JSONValue
    /// The vendor's code.
    let code: String?
    /// The vendor's words.
    let message: String?
    private let scope: ExpressionScope

    init(_ response: InboundResponse, body: JSONValue, config: ErrorBodyConfig, variables: JSONObject) {
        self.response = response
        self.body = body
        var scope = ResponseScope.scope(response, body: body).adding("context", .object(variables))
        let fault = body["Fault"].map(SOAPFault.init)
        code = Self.text(config.code, scope) ?? fault?.code
        message = Self.text(config.message, scope) ?? fault?.message
        scope.root["code"] = code.map(JSONValue.string) ?? .null
        scope.root["message"] = message.map(JSONValue.string) ?? .null
        self.scope = scope
    }

    /// The text of an expression; nil when it has none or fails.
    func text(_ expression: Expression?) -> String? { Self.text(expression, scope) }

    /// The value of an expression; nil when it has none or fails.
    func value(_ expression: Expression?) -> JSONValue? { (try? expression?.value(in: scope)) ?? nil }

    /// Whether an expression gives true.
    func isTrue(_ expression: Expression) -> Bool { (try? expression.isTrue(in: scope)) == true }

    /// Whether the body's text holds `text`, which is in lower case.
    func bodyContains(_ text: String) -> Bool {
        String(decoding: response.body.prefix(65_536), as: UTF8.self).lowercased().contains(text)
    }

    /// What is wrong with fields of the unified body, by the rule, else by the vendor's usual way to tell.
    func failures(_ rule: ErrorRule?, config: ErrorBodyConfig) -> [Problem.Failure] {
        var failures: [Problem.Failure] = []
        for field in rule?.fields ?? [] {
            guard let value = value(field.expression) else { continue }
            failures += (value.array ?? [value]).compactMap { Self.failure($0, pointer: field.name) }
        }
        let told = value(rule?.failures) ?? (failures.isEmpty ? value(config.failures) : nil)
        failures += (told.map { $0.array ?? [$0] } ?? []).compactMap { Self.failure($0, pointer: nil) }
        return Array(failures.prefix(50))
    }

    private static func failure(_ value: JSONValue, pointer: String?) -> Problem.Failure? {
        guard let message = value.plainText ?? value["message"]?.plainText, !message.isEmpty else { return nil }
        return Problem.Failure(
            code: String((value["code"]?.plainText ?? "invalid").prefix(100)),
            message: String(message.prefix(500)),
            pointer: String((pointer ?? value["pointer"]?.string ?? "").prefix(200))
        )
    }

    private static func text(_ expression: Expression?, _ scope: ExpressionScope) -> String? {
        (try? expression?.text(in: scope)) ?? nil
    }
}

extension ErrorRule.Condition {
    /// Whether an answer is of the kind.
    func fits(_ answer: ErrorAnswer) -> Bool {
        guard statuses.isEmpty || statuses.contains(answer.response.status) else { return false }
        if !codes.isEmpty {
            guard let code = answer.code, codes.contains(code) else { return false }
        }
        for header in headers {
            let values = answer.response.headers.filter { $0.name.canonicalName == header.name }
            guard values.contains(where: { header.value.matches($0.value) }) else { return false }
        }
        if let messageContains {
            guard let message = answer.message, message.lowercased().contains(messageContains) else { return false }
        }
        if let bodyContains {
            guard answer.bodyContains(bodyContains) else { return false }
        }
        return expression.map { answer.isTrue($0) } ?? true
    }
}

/// The parts of a SOAP fault (SOAP 1.1 section 4.4, SOAP 1.2 part 1 section 5.4) in the JSON of its XML.
struct SOAPFault {
    /// Without the prefix of its namespace; the innermost one of SOAP 1.2.
    let code: String?
    /// What the vendor says.
    let message: String?

    init(_ fault: JSONValue) {
        var node = fault["Code"]
        while let inner = node?["Subcode"] { node = inner }
        let name = Self.text(fault["faultcode"]) ?? Self.text(node?["Value"])
        code = name.map { String($0.split(separator: ":").last ?? "") }
        let reason = fault["Reason"]?["Text"]
        message = Self.text(fault["faultstring"]) ?? Self.text(reason?.array?.first ?? reason)
    }

    private static func text(_ value: JSONValue?) -> String? {
        value?.plainText ?? value?["#text"]?.plainText
    }
}
