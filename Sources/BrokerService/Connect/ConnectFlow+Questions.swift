import ConnectorConfig
import ConnectorEngine
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// What a connector asks once an account is connected: questions whose choices the vendor gives.
extension ConnectFlow {
    /// The account that a session asks about; nil when it asks nothing.
    func asked(_ session: ConnectSession) async throws -> AccountRecord? {
        guard let id = session.connectedAccountID, let account = try await registry.account(id),
            account.tenantID == session.tenantID
        else { return nil }
        return account
    }

    /// The questions that can be asked now, with their choices.
    ///
    /// `answers`: what is known, given answers included.
    func questions(
        _ of: Configurations.OfIntegration,
        _ account: AccountRecord,
        answers: JSONObject
    ) async throws -> [VariableConfig] {
        var questions: [VariableConfig] = []
        for field in of.connector.document.lifecycle.form?.fields ?? [] where field.canBeAsked(given: answers) {
            guard let source = field.source else {
                questions.append(field.variable)
                continue
            }
            questions.append(field.variable.offering(try await choices(of: source, of, account, answers)))
        }
        return questions
    }

    /// Keeps the answers of a form, and ends the session.
    ///
    /// - Throws: `UserError` for an answer that is missing or wrong.
    func keep(
        _ form: SubmittedForm,
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        _ account: AccountRecord
    ) async throws -> Outcome {
        var known = account.variables
        for field in of.connector.document.lifecycle.form?.fields ?? [] where field.canBeAsked(given: known) {
            var variable = field.variable
            if let source = field.source {
                variable = variable.offering(try await choices(of: source, of, account, known))
            }
            guard let value = try value(form, variable, known: nil) else { continue }
            if let condition = field.validation {
                let scope = ExpressionScope(["value": value, "context": .object(known)])
                guard (try? condition.isTrue(in: scope)) == true else {
                    let message = field.message ?? "“\(variable.label)” does not look right. Please check it."
                    throw UserError(message: message, field: variable.name)
                }
            }
            known[variable.name] = value
        }
        let kept = try await registry.updateAccount(account.id, AccountChange(variables: known))
        try await sessions.close(session.id)
        return Outcome(account: kept, label: of.connector.document.label)
    }

    /// What is known with what a form holds, for questions that hang on others.
    func answers(_ form: SubmittedForm, _ of: Configurations.OfIntegration, _ account: AccountRecord) -> JSONObject {
        var known = account.variables
        for field in of.connector.document.lifecycle.form?.fields ?? [] {
            guard let texts = form.lists[field.variable.name],
                let value = try? field.variable.value(of: texts, digests: secrets.digests)
            else { continue }
            known[field.variable.name] = value
        }
        return known
    }

    private func choices(
        of source: PostConnectForm.OptionSource,
        _ of: Configurations.OfIntegration,
        _ account: AccountRecord,
        _ answers: JSONObject
    ) async throws -> [VariableConfig.Option] {
        let owner = CredentialOwner(account: account.id, tenant: account.tenantID)
        guard let stored = try await vault.credential(of: owner, kind: .access),
            let method = stored.values["method"].flatMap(of.connector.document.authMethod)
        else { throw Problem(.credentialUnavailable, "the account has no credentials") }
        do {
            return try await LifecycleRun(
                connector: of.connector,
                sender: exchange.sender,
                digests: secrets.digests
            ).options(
                of: source,
                account: account.id,
                variables: answers,
                access: FixedAccess(usable(stored.values, of, method: method))
            )
        } catch is Problem {
            throw UserError(
                message: "\(of.connector.document.label) cannot be asked right now. Please try again in a minute.",
                field: nil
            )
        }
    }
}

extension PostConnectForm.Field {
    /// Whether what it depends on is known, and it is wanted at all.
    fileprivate func canBeAsked(given answers: JSONObject) -> Bool {
        dependsOn.allSatisfy { answers[$0] != nil } && variable.isVisible(given: answers)
    }
}
