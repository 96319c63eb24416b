import JSONValue
package import Vocabulary

/// What one kind of a vendor's answer means.
///
/// Rules are tried in order, the first that fits decides.
package struct ErrorRule: Sendable {
    /// What is done about it before the caller hears of it.
    package enum Retry: String, Sendable, CaseIterable {
        case no
        /// The call may be repeated.
        case yes
        /// With a newer token.
        case refreshThenRetry = "refresh_then_retry"
        /// The vendor has forgotten its cursor: the caller must read the list anew.
        case resetPagination = "reset_pagination"
    }

    /// Which answers a rule fits; all that is given must hold.
    package struct Condition: Sendable {
        /// Statuses; any when empty.
        package let statuses: [Int]
        /// The vendor's codes; any when empty.
        package let codes: [String]
        /// Header fields, names in lower case.
        package let headers: [(name: String, value: NamePattern)]
        /// Text that the body holds, in lower case.
        package let bodyContains: String?
        /// Text that the vendor's message holds, in lower case.
        package let messageContains: String?
        /// Sees `response`, `status`, `headers`, `code`, `message`, `context`.
        package let expression: Expression?
    }

    /// Which answers it fits.
    package let condition: Condition
    /// What it means; nil keeps what the status means.
    package let problem: ErrorCode?
    /// What the caller reads instead of the standard text; sees what the condition's expression sees.
    package let message: Expression?
    /// Instead of the vendor's code.
    package let remoteCode: Expression?
    /// What is done first.
    package let retry: Retry
    /// When to try again, where the answer does not say.
    package let retryAfter: Duration?
    /// Whether the answer is no error at all, but an empty result.
    package let isIgnored: Bool
    /// Whether the user must connect the account again.
    package let needsReauth: Bool
    /// The scopes that are missing, as a list.
    package let missingScopes: Expression?
    /// What is wrong with fields of the unified body, by pointer.
    package let fields: [NamedExpression]
    /// The same as a list of `{pointer, code?, message}`.
    package let failures: Expression?

    /// Answers that mean that a session is over: another one is opened, and the call is done once more.
    init(invalidSession condition: Condition) {
        self.condition = condition
        problem = nil
        message = nil
        remoteCode = nil
        retry = .refreshThenRetry
        retryAfter = nil
        isIgnored = false
        needsReauth = true
        missingScopes = nil
        fields = []
        failures = nil
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow([
            "when", "as", "message", "remote_code", "retry", "retry_after_seconds", "ignore", "needs_reauth",
            "missing_scopes", "fields",
        ])
        condition = try Condition(reading: reader.required("when"))
        problem = try reader.child("as")?.choice(ErrorCode.self)
        message = try reader.child("message")?.expression()
        remoteCode = try reader.child("remote_code")?.expression()
        retry = try reader.child("retry")?.choice(Retry.self) ?? .no
        retryAfter = try reader.child("retry_after_seconds")?.int(0...86_400).seconds
        isIgnored = try reader.child("ignore")?.bool() ?? false
        needsReauth = try reader.child("needs_reauth")?.bool() ?? false
        missingScopes = try reader.child("missing_scopes")?.expression()
        let fields = reader.child("fields")
        if let fields, case .object(let members) = fields.value, members.keys.allSatisfy({ $0.hasPrefix("/") }) {
            self.fields = try fields.expressions()
            failures = nil
        } else {
            self.fields = []
            failures = try fields?.expression()
        }
    }
}

extension ErrorRule.Condition {
    /// Reads an object of tests, or an expression alone.
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        if reader.value.string != nil || reader.value["$jsonata"] != nil {
            statuses = []
            codes = []
            headers = []
            bodyContains = nil
            messageContains = nil
            expression = try reader.condition()
            return
        }
        try reader.allow(["status", "code", "header", "body_contains", "message_contains", "expr"])
        var statuses: [Int] = []
        for status in reader.child("status")?.elements() ?? [] { statuses.append(try status.int(200...599)) }
        self.statuses = statuses
        codes = try reader.child("code")?.strings() ?? []
        var headers: [(name: String, value: NamePattern)] = []
        for (name, member) in try reader.child("header")?.members() ?? [] {
            headers.append((name.lowercased(), NamePattern(try member.string())))
        }
        self.headers = headers
        bodyContains = try reader.child("body_contains")?.string().lowercased()
        messageContains = try reader.child("message_contains")?.string().lowercased()
        expression = try reader.child("expr")?.expression()
    }
}

/// Where a vendor's error answers have their code and their words.
package struct ErrorBodyConfig: Sendable {
    /// The vendor's code; sees `response`, `status`, `headers`.
    ///
    /// A SOAP fault needs none of these.
    package let code: Expression?
    /// The vendor's words.
    package let message: Expression?
    /// The scopes that are missing, as a list.
    package let missingScopes: Expression?
    /// What is wrong with the unified body, as a list of `{pointer, code?, message}`.
    package let failures: Expression?

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["code", "message", "missing_scopes", "failures"])
        code = try reader?.child("code")?.expression()
        message = try reader?.child("message")?.expression()
        missingScopes = try reader?.child("missing_scopes")?.expression()
        failures = try reader?.child("failures")?.expression()
    }
}
