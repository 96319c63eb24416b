import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import RegistryContract
import ServiceKit
import Vocabulary

/// The connect pages.
///
/// What goes wrong is told in plain words on a page, never as JSON.
struct ConnectRoutes: Sendable {
    let flow: ConnectFlow
    let page: ConnectPage

    private static let html = [ResponseSpec(200, "A page", schema: ["type": "string"], contentType: "text/html")]
    private static let form = BodySpec.form(schema: ["type": "object"])
    /// The form may hold files.
    private static let upload = BodySpec(
        schema: ["type": "object"],
        bytesMax: SubmittedForm.bytesMax,
        contentTypes: ["application/x-www-form-urlencoded", "multipart/form-data"]
    )
    private static let choices: JSONValue = [
        "type": "object",
        "properties": [
            "result": [
                "type": "array",
                "items": ["type": "object", "properties": ["value": ["type": "string"], "label": ["type": "string"]]],
            ], "next_cursor": ["type": ["string", "null"]],
        ],
    ]
    private static let tags = ["Connect"]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/connect",
                operationID: "startConnect",
                summary: "Begin a connect flow with a link token",
                tags: Self.tags,
                access: .public,
                query: [QueryParameter("token", .string, "The link token.")],
                responses: [ResponseSpec(303, "To the first page; the token leaves the address")],
                handler: guarded(start)
            ),
            Endpoint(
                .get,
                "/connect/session",
                operationID: "showConnect",
                summary: "The page of the session's next step",
                tags: Self.tags,
                access: .public,
                responses: Self.html,
                handler: guarded(show)
            ),
            Endpoint(
                .post,
                "/connect/session/choose",
                operationID: "chooseIntegration",
                summary: "Choose what to connect, and how",
                tags: Self.tags,
                access: .public,
                body: Self.form,
                responses: [ResponseSpec(303, "To the next page")],
                handler: guarded(choose)
            ),
            Endpoint(
                .post,
                "/connect/session/submit",
                operationID: "submitConnect",
                summary: "Send the form, or go to the vendor's consent page",
                tags: Self.tags,
                access: .public,
                body: Self.upload,
                responses: [ResponseSpec(303, "To the vendor or to the end")],
                handler: guarded(submit)
            ),
            Endpoint(
                .post,
                "/connect/session/choices",
                operationID: "listChoices",
                summary: "Look for choices of a question, page by page",
                description: "Takes the form as it stands, with `question`, the question's name, and `step`: "
                    + "`find.` or `more.` and that name.",
                tags: Self.tags,
                access: .public,
                body: Self.form,
                responses: [ResponseSpec(200, "Choices", schema: Self.choices)],
                handler: choices
            ),
            Endpoint(
                .get,
                "/connect/callback/{integration_id}",
                operationID: "finishOAuth",
                summary: "Where the vendor sends the browser back to",
                tags: Self.tags,
                access: .public,
                allowsAnyQuery: true,
                responses: Self.html,
                handler: guarded(callback)
            ),
            Endpoint(
                .get,
                "/connect/assets/connect.css",
                operationID: "connectStyle",
                summary: "The pages' style sheet",
                tags: Self.tags,
                access: .public,
                responses: [ResponseSpec(200, "CSS", schema: ["type": "string"], contentType: "text/css")]
            ) { _ in
                .bytes(
                    Array(ConnectPage.css.utf8),
                    contentType: "text/css; charset=utf-8",
                    headers: [.cacheControl: "max-age=3600"]
                )
            },
            Self.script("result", "connectScript", "Tells the embedding page the result", ConnectPage.script),
            Self.script("choices", "choicesScript", "Asks for choices while the user types", ConnectPage.choicesScript),
        ]
    }

    private static func script(_ name: String, _ operationID: String, _ summary: String, _ text: String) -> Endpoint {
        Endpoint(
            .get,
            "/connect/assets/\(name).js",
            operationID: operationID,
            summary: summary,
            tags: tags,
            access: .public,
            responses: [ResponseSpec(200, "JavaScript", schema: ["type": "string"], contentType: "text/javascript")]
        ) { _ in
            .bytes(
                Array(text.utf8),
                contentType: "text/javascript; charset=utf-8",
                headers: [.cacheControl: "max-age=3600"]
            )
        }
    }

    // MARK: Steps

    private func start(_ request: EndpointRequest) async throws -> EndpointResponse {
        guard let token = request.query["token"], token.hasPrefix("trib_link_") else {
            throw Problem(.linkTokenExpired, "this link is not complete")
        }
        let digest = Hexadecimal.text(try flow.secrets.sha256(token))
        var record = try await flow.registry.redeemLinkToken(sha256: digest)
        if let id = record.accountID, let account = try await flow.registry.account(id),
            account.tenantID == record.tenantID
        {
            // What is known of the account need not be typed again; what the product gave with the link wins.
            for member in account.variables where record.variables[member.key] == nil {
                record.variables[member.key] = member.value
            }
        }
        let cookie = try flow.secrets.make()
        try await flow.sessions.create(from: record, cookieSHA256: try flow.secrets.sha256(cookie))
        return .redirect(to: "/connect/session", headers: [.setCookie: setCookie(cookie), .cacheControl: "no-store"])
    }

    private func show(_ request: EndpointRequest) async throws -> EndpointResponse {
        let session = try await session(request)
        guard let of = try await chosen(session), let method = method(of, session) else {
            return try await next(session, error: nil, typed: [:])
        }
        do {
            switch try await flow.lookAtDevice(session, of, method: method) {
            case .none: return try await next(session, error: nil, typed: [:])
            case .waiting(let prompt):
                return page.code(
                    label: of.connector.document.label,
                    code: prompt.userCode,
                    address: flow.config.browserAddress(prompt.page),
                    interval: prompt.interval,
                    origins: of.integration.allowedOrigins
                )
            case .connected(let outcome): return finished(outcome, session, of)
            }
        } catch let error as ConnectFlow.UserError {
            return try await next(session, error: error, typed: [:])
        }
    }

    private func choose(_ request: EndpointRequest) async throws -> EndpointResponse {
        var (session, form) = try await posted(request)
        if let text = form.texts["integration_id"], let id = IntegrationID(text),
            try await offered(session).contains(where: { $0.id == id })
        {
            session.integrationID = id
            session.method = nil
        }
        if let method = form.texts["method"] { session.method = method }
        if let back = form.texts["back"] {
            session.method = nil
            if back == "integration" { session.integrationID = nil }
        }
        try await flow.sessions.remember(session, stateSHA256: nil)
        return .redirect(to: "/connect/session")
    }

    private func submit(_ request: EndpointRequest) async throws -> EndpointResponse {
        var (session, form) = try await posted(request)
        if let answer = try await answered(form, session) { return answer }
        guard let of = try await chosen(session), let method = method(of, session) else {
            return .redirect(to: "/connect/session")
        }
        do {
            let input = try flow.input(
                form,
                connector: of.connector.document,
                method: method,
                known: session.variables,
                isReconnect: session.accountID != nil
            )
            session.variables = input.variables
            session.integrationID = of.integration.id
            session.method = method.name
            if method.authorizationCode != nil {
                return .redirect(to: try await flow.authorize(session, of, method: method))
            }
            if method.oauth1 != nil {
                return .redirect(
                    to: try await flow.authorizeOAuth1(session, of, method: method, typed: input.secrets)
                )
            }
            if method.device != nil {
                try await flow.beginDevice(session, of, method: method, input: input)
                return .redirect(to: "/connect/session")
            }
            try await flow.sessions.remember(session, stateSHA256: nil)
            return finished(try await flow.connect(session, of, method: method, input: input), session, of)
        } catch let error as ConnectFlow.UserError {
            session.variables = flow.typed(form, of.connector.document, session.variables)
            return try await next(session, error: error, typed: form.lists)
        }
    }

    private func callback(_ request: EndpointRequest) async throws -> EndpointResponse {
        let integration: IntegrationID = try request.identifier("integration_id")
        guard let of = try await flow.configurations.integration(integration),
            let reply = ConsentReply(request.query, of.connector.document), let cookie = cookie(request)
        else { throw Self.strangeCallback }
        let consumed = try await flow.sessions.consume(
            stateSHA256: try flow.secrets.sha256(reply.state),
            cookieSHA256: try flow.secrets.sha256(cookie),
            integration: integration
        )
        guard let session = consumed, let method = method(of, session) else { throw Self.strangeCallback }
        if let denied = reply.isDenied {
            return try await next(
                session,
                error: ConnectFlow.UserError(
                    message: denied
                        ? "You did not allow the connection. You can try again whenever you like."
                        : "\(of.connector.document.label) refused the connection. Please try again.",
                    field: nil
                ),
                typed: [:]
            )
        }
        guard let code = reply.code(of: method) else { throw Self.strangeCallback }
        var kept = session
        for (name, value) in reply.kept(by: method) { kept.variables[name] = .string(value) }
        do {
            let outcome =
                method.oauth1 == nil
                ? try await flow.exchange(code: code, kept, of)
                : try await flow.exchange(verifier: code, kept, of, method: method)
            return finished(outcome, session, of)
        } catch let error as ConnectFlow.UserError {
            return try await next(session, error: error, typed: [:])
        }
    }

    private static let strangeCallback = Problem(
        .invalidRequest,
        "this page belongs to a connection that was not started in this browser, or is finished already"
    )

    // MARK: Pages

    private func next(_ session: ConnectSession, error: ConnectFlow.UserError?, typed: [String: [String]])
        async throws -> EndpointResponse
    {
        let token = try flow.secrets.formToken(of: session.id)
        if let inquiry = try await flow.inquiry(session) {
            return try await questions(inquiry, error: error, submitted: nil)
        }
        guard let of = try await chosen(session) else {
            let offered = try await offered(session)
            var labels: [(IntegrationID, String)] = []
            for integration in offered {
                let connector = try await flow.configurations.integration(integration.id)?.connector
                labels.append((integration.id, integration.label ?? connector?.document.label ?? integration.connector))
            }
            guard !labels.isEmpty else {
                throw Problem(
                    .notFound,
                    "there is nothing to connect here yet; please tell your contact at the product"
                )
            }
            return page.choices(
                title: "What would you like to connect?",
                lead: nil,
                action: "/connect/session/choose",
                token: token,
                choices: labels.map { .init(name: "integration_id", value: $0.0.description, label: $0.1) },
                origins: offered[0].allowedOrigins
            )
        }
        let document = of.connector.document
        guard let method = method(of, session) else {
            return page.choices(
                title: "How would you like to connect \(document.label)?",
                lead: nil,
                action: "/connect/session/choose",
                token: token,
                choices: document.auth.map { .init(name: "method", value: $0.name, label: $0.label) },
                back: try await back(session),
                origins: of.integration.allowedOrigins
            )
        }
        let isOAuth = method.sendsBrowser
        let asked = ConnectFlow.asked(
            document,
            method,
            known: session.variables,
            isReconnect: session.accountID != nil
        )
        let fields = asked.map { field in
            ConnectPage.Field(
                field,
                typed: typed[field.name],
                known: session.variables[field.name],
                isWrong: error?.field == field.name,
                docs: document.docs
            )
        }
        return page.form(
            title: "Connect \(document.label)",
            lead: isOAuth ? "You will be sent to \(document.label) to sign in and to allow the connection." : nil,
            error: error?.message,
            action: "/connect/session/submit",
            token: token,
            fields: fields,
            button: isOAuth ? "Continue to \(document.label)" : "Connect",
            back: document.auth.count > 1
                ? .init(name: "back", value: "method", label: "Connect in another way") : try await back(session),
            origins: of.integration.allowedOrigins,
            // Browsers apply form-action to where the form's answer redirects to as well.
            formTargets: isOAuth ? ["https:"] + flow.config.browserHosts.map(\.origin) : []
        )
    }

    /// The way back to what else can be connected; nil when there is nothing.
    private func back(_ session: ConnectSession) async throws -> ConnectPage.Choice? {
        guard try await offered(session).count > 1 else { return nil }
        return .init(name: "back", value: "integration", label: "Connect something else")
    }

    /// The page that asks about an account which is connected already.
    ///
    /// `submitted`: the form as the user sent it last.
    private func questions(
        _ inquiry: ConnectFlow.Inquiry,
        error: ConnectFlow.UserError?,
        submitted: SubmittedForm?
    ) async throws -> EndpointResponse {
        let of = inquiry.of
        var error = error
        var asked: [ConnectFlow.Question] = []
        do { asked = try await flow.questions(inquiry, submitted) } catch let told as ConnectFlow.UserError {
            error = told
        }
        return page.form(
            title: inquiry.form.title ?? "A word about \(of.connector.document.label)",
            lead: inquiry.form.lead,
            error: error?.message,
            action: "/connect/session/submit",
            token: try flow.secrets.formToken(of: inquiry.session.id),
            fields: asked.map { question in
                ConnectPage.Field(
                    question,
                    typed: submitted?.lists[question.variable.name],
                    isWrong: error?.field == question.variable.name,
                    docs: of.connector.document.docs
                )
            },
            button: "Save",
            origins: of.integration.allowedOrigins
        )
    }

    /// What comes of the answers about an account that is connected already; nil when the session asks nothing.
    private func answered(_ form: SubmittedForm, _ session: ConnectSession) async throws -> EndpointResponse? {
        guard let inquiry = try await flow.inquiry(session) else { return nil }
        // The user looks for choices; he has not answered yet.
        guard form.texts["step"] == nil else { return try await questions(inquiry, error: nil, submitted: form) }
        do {
            return finished(try await flow.keep(form, inquiry), session, inquiry.of)
        } catch let error as ConnectFlow.UserError {
            return try await questions(inquiry, error: error, submitted: form)
        }
    }

    private func choices(_ request: EndpointRequest) async throws -> EndpointResponse {
        let (session, form) = try await posted(request)
        guard let inquiry = try await flow.inquiry(session) else {
            throw Problem(.notFound, "this session asks nothing")
        }
        do {
            let question = try await flow.choices(named: form.texts["question"] ?? "", inquiry, form)
            let result = question.variable.options.map { option -> JSONValue in
                ["value": .string(option.value), "label": .string(option.label)]
            }
            return .json(
                [
                    "result": .array(result),
                    "next_cursor": question.window?.next.map(JSONValue.string) ?? .null,
                ],
                headers: [.cacheControl: "no-store"]
            )
        } catch let error as ConnectFlow.UserError {
            throw Problem(.remoteUnavailable, error.message)
        }
    }

    private func finished(
        _ outcome: ConnectFlow.Outcome,
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration
    ) -> EndpointResponse {
        if outcome.asks { return .redirect(to: "/connect/session") }
        let id = outcome.account.id.description
        let expired = HeaderFields(list: [HeaderField(name: .setCookie, value: setCookie("", maxAge: 0))])
        if let url = session.returnURL {
            let joint = url.contains("?") ? "&" : "?"
            return .redirect(to: "\(url)\(joint)status=connected&integrated_account_id=\(id)", headers: expired)
        }
        return page.message(
            title: "\(outcome.label) is connected",
            lead: "You can close this page.",
            isError: false,
            status: 200,
            origins: of.integration.allowedOrigins,
            result: ("connected", id)
        )
    }

    // MARK: The session

    private func chosen(_ session: ConnectSession) async throws -> Configurations.OfIntegration? {
        if let id = session.integrationID { return try await flow.configurations.integration(id) }
        let offered = try await offered(session)
        guard offered.count == 1 else { return nil }
        return try await flow.configurations.integration(offered[0].id)
    }

    private func offered(_ session: ConnectSession) async throws -> [IntegrationRecord] {
        let all = try await flow.registry.integrations(of: session.environmentID)
        if let id = session.accountID, let account = try await flow.registry.account(id) {
            return all.filter { $0.id == account.integrationID }
        }
        return session.connectors.isEmpty ? all : all.filter { session.connectors.contains($0.connector) }
    }

    private func method(_ of: Configurations.OfIntegration, _ session: ConnectSession) -> AuthMethod? {
        let methods = of.connector.document.auth
        if let name = session.method, let method = methods.first(where: { $0.name == name }) { return method }
        return methods.count == 1 ? methods.first : nil
    }

    private func session(_ request: EndpointRequest) async throws -> ConnectSession {
        guard let cookie = cookie(request),
            let session = try await flow.sessions.session(cookieSHA256: try flow.secrets.sha256(cookie))
        else { throw Problem(.linkTokenExpired, "this connection has ended or was started in another browser") }
        return session
    }

    private func posted(_ request: EndpointRequest) async throws -> (ConnectSession, SubmittedForm) {
        let session = try await session(request)
        let form = try SubmittedForm(request)
        guard try flow.secrets.isFormToken(form.texts["form_token"] ?? "", of: session.id) else {
            throw Problem(.invalidRequest, "this form belongs to another session")
        }
        return (session, form)
    }

    private var cookieName: String { flow.config.isSecure ? "__Host-tributary_connect" : "tributary_connect" }

    private func setCookie(_ value: String, maxAge: Int = 1800) -> String {
        "\(cookieName)=\(value); Path=/; Max-Age=\(maxAge); HttpOnly; "
            + (flow.config.isSecure ? "Secure; SameSite=None; Partitioned" : "SameSite=Lax")
    }

    private func cookie(_ request: EndpointRequest) -> String? {
        for field in request.headers[values: .cookie] {
            for part in field.split(separator: ";") {
                let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0] == cookieName { return String(pair[1]) }
            }
        }
        return nil
    }

    /// Turns what a step throws into a page.
    private func guarded(_ step: @escaping @Sendable (EndpointRequest) async throws -> EndpointResponse)
        -> Endpoint.Handler
    {
        { request in
            do {
                return try await step(request)
            } catch {
                let problem = Problem(of: error)
                request.logger.warning(
                    "connect step failed",
                    metadata: ["code": "\(problem.code.rawValue)", "error": "\(problem.debugDescription.prefix(500))"]
                )
                return page.message(
                    title: Self.title(problem),
                    lead: Self.words(problem, request.requestID),
                    isError: true,
                    status: problem.code.status,
                    origins: []
                )
            }
        }
    }

    private static func title(_ problem: Problem) -> String {
        switch problem.code {
        case .linkTokenUsed, .linkTokenExpired: "This link no longer works"
        default: "That did not work"
        }
    }

    private static func words(_ problem: Problem, _ requestID: String) -> String {
        switch problem.code {
        case .linkTokenUsed, .linkTokenExpired:
            "Each link can be used once and for a short time. Please go back to where you came from and start again."
        case .invalidRequest, .notFound:
            "Please go back to where you came from and start again."
        case .serviceUnavailable: "We cannot be reached at the moment. Please try again in a minute."
        default:
            "Something went wrong on our side. Please try again; if it happens again, mention the number \(requestID)."
        }
    }
}
