import ConnectorConfig
import ConnectorEngine
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// What a connector asks once an account is connected.
extension ConnectFlow {
    /// One question as a page shows it.
    struct Question: Sendable {
        var variable: VariableConfig
        /// The answer so far.
        var known: JSONValue?
        /// Which of all choices are shown; nil where all are.
        var window: ChoiceWindow?
    }

    /// Everything that questions about an account are asked and answered with.
    struct Inquiry: Sendable {
        let session: ConnectSession
        let of: Configurations.OfIntegration
        let account: AccountRecord
        let form: PostConnectForm
    }

    /// The account that a session asks about; nil when it asks nothing.
    func inquiry(_ session: ConnectSession) async throws -> Inquiry? {
        guard let id = session.connectedAccountID, let account = try await registry.account(id),
            account.tenantID == session.tenantID,
            let of = try await configurations.integration(account.integrationID),
            let form = of.connector.document.lifecycle.form
        else { return nil }
        return Inquiry(session: session, of: of, account: account, form: form)
    }

    /// The questions that can be asked now, with their choices.
    ///
    /// `submitted`: what the user has answered, and looked for, so far.
    func questions(_ inquiry: Inquiry, _ submitted: SubmittedForm?) async throws -> [Question] {
        let answers = answers(submitted, inquiry)
        var questions: [Question] = []
        for field in inquiry.form.fields where inquiry.form.canAsk(field, given: answers) {
            let known = field.answer(in: answers)
            for (variable, target) in try asked(field, answers) {
                var question = Question(variable: variable, known: target.map { known?[$0] } ?? known)
                if let source = field.source {
                    try await offer(source, to: &question, inquiry, answers, submitted)
                }
                questions.append(question)
            }
        }
        return questions
    }

    /// The choices of one question, for a page that asks for more of them by itself.
    func choices(named name: String, _ inquiry: Inquiry, _ submitted: SubmittedForm) async throws -> Question {
        let answers = answers(submitted, inquiry)
        for field in inquiry.form.fields where inquiry.form.canAsk(field, given: answers) {
            guard let source = field.source,
                let variable = try asked(field, answers).first(where: { $0.variable.name == name })?.variable
            else { continue }
            var question = Question(variable: variable)
            try await offer(source, to: &question, inquiry, answers, submitted)
            return question
        }
        throw Problem(.notFound, "there is no such question")
    }

    /// Keeps the answers of a form, and ends the session.
    ///
    /// - Throws: `UserError` for an answer that is missing or wrong.
    func keep(_ submitted: SubmittedForm, _ inquiry: Inquiry) async throws -> Outcome {
        var known = inquiry.account.variables
        for field in inquiry.form.fields where inquiry.form.canAsk(field, given: known) {
            guard let value = try await answer(to: field, submitted, inquiry, known) else { continue }
            if let condition = field.validation {
                let scope = ExpressionScope(["value": value, "context": .object(known)])
                guard (try? condition.isTrue(in: scope)) == true else {
                    let message = field.message ?? Self.wrong(field.variable).message
                    throw UserError(message: message, field: field.variable.name)
                }
            }
            known = field.keeping(value, in: known)
        }
        let kept = try await registry.updateAccount(inquiry.account.id, AccountChange(variables: known))
        try await sessions.close(inquiry.session.id)
        return Outcome(account: kept, label: inquiry.of.connector.document.label)
    }

    // MARK: Answers

    /// The checked answer to a question; nil when there is none and there need not be.
    private func answer(
        to field: PostConnectForm.Field,
        _ submitted: SubmittedForm,
        _ inquiry: Inquiry,
        _ known: JSONObject
    ) async throws -> JSONValue? {
        var chosen = JSONObject()
        for (variable, target) in try asked(field, known) {
            var form = submitted
            var variable = variable
            if let source = field.source, source.isOpen {
                let options = try opened(submitted, variable, inquiry)
                form = submitted.answering(variable.name, options.map(\.value))
            } else if let source = field.source {
                variable = variable.offering(try await page(source, inquiry, known, search: nil, cursor: nil).options)
            }
            let value = try value(form, variable, known: nil)
            guard let target else { return value }
            chosen[target] = value
        }
        return chosen.isEmpty ? nil : .object(chosen)
    }

    /// What is known with what a form holds, for questions that hang on others.
    private func answers(_ submitted: SubmittedForm?, _ inquiry: Inquiry) -> JSONObject {
        var known = inquiry.account.variables
        guard let submitted else { return known }
        for field in inquiry.form.fields {
            let isOpen = field.source?.isOpen == true
            var chosen = JSONObject()
            for (variable, target) in (try? asked(field, known)) ?? [] {
                guard var texts = submitted.lists[variable.name] else { continue }
                if isOpen { texts = (try? opened(submitted, variable, inquiry).map(\.value)) ?? [] }
                guard let value = try? variable.value(of: texts, digests: secrets.digests) else { continue }
                if let target { chosen[target] = value } else { known = field.keeping(value, in: known) }
            }
            if !chosen.isEmpty { known = field.keeping(.object(chosen), in: known) }
        }
        return known
    }

    /// A question's inputs: itself, or a choice for each target of a field mapping.
    private func asked(
        _ field: PostConnectForm.Field,
        _ answers: JSONObject
    ) throws -> [(variable: VariableConfig, target: String?)] {
        guard let expression = field.targets else { return [(field.variable, nil)] }
        let targets: JSONValue?
        do { targets = try expression.value(in: ExpressionScope(["context": .object(answers)])) } catch {
            throw Problem(.configInvalid, "targets: \(error.message)", underlying: error)
        }
        return (targets?.array ?? []).compactMap { target in
            guard let name = target.string ?? target["name"]?.string else { return nil }
            let label = target["label"]?.string ?? name
            let variable = VariableConfig(
                choice: "\(field.variable.name).\(name)",
                label: "\(field.variable.label): \(label)",
                isRequired: target["required"]?.bool ?? field.variable.isRequired
            )
            return (variable.offering(field.variable.options), name)
        }
    }

    static func wrong(_ variable: VariableConfig) -> UserError {
        UserError(message: "“\(variable.label)” does not look right. Please check it.", field: variable.name)
    }
}
