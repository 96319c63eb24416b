import ConnectorConfig
import ConnectorEngine
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// Some of a question's choices: those that the user looks for, page by page.
struct ChoiceWindow: Sendable {
    /// What the user looks for; nil where nothing can be looked for.
    var search: String?
    /// Where there are more choices.
    var next: String?
}

/// Choices that the vendor gives.
///
/// Where a page need not show all of them, each one carries a proof that it was offered, so that an answer can be
/// believed without asking again.
extension ConnectFlow {
    /// Fills in what a question offers.
    func offer(
        _ source: ChoiceSource,
        to question: inout Question,
        _ inquiry: Inquiry,
        _ answers: JSONObject,
        _ submitted: SubmittedForm?
    ) async throws {
        guard source.isOpen else {
            let page = try await page(source, inquiry, answers, search: nil, cursor: nil)
            question.variable = question.variable.offering(page.options)
            return
        }
        let name = question.variable.name
        let search = source.search == nil ? nil : submitted?.texts["search.\(name)"] ?? ""
        let isMore = submitted?.texts["step"] == "more.\(name)"
        let page = try await page(
            source,
            inquiry,
            answers,
            search: search,
            cursor: isMore ? submitted?.texts["next.\(name)"] : nil
        )
        // What is chosen already stays there, on whichever page it was.
        let chosen = submitted.map { (try? opened($0, question.variable, inquiry)) ?? [] } ?? []
        let others = page.options.filter { option in !chosen.contains { $0.value == option.value } }
        let options = try (chosen + others).map { option in
            VariableConfig.Option(
                value: try secrets.sealed(option, field: name, inquiry.session.id),
                label: option.label
            )
        }
        let values = question.known.map { $0.array ?? [$0] }?.compactMap(\.plainText) ?? []
        let known = zip(chosen + others, options).filter { values.contains($0.0.value) }.map(\.1.value)
        question.known = known.isEmpty ? nil : .array(known.map(JSONValue.string))
        question.variable = question.variable.offering(options)
        question.window = ChoiceWindow(search: search, next: page.nextCursor)
    }

    /// The choices that a form sent back.
    ///
    /// - Throws: `UserError` for one that was never offered.
    func opened(
        _ submitted: SubmittedForm,
        _ variable: VariableConfig,
        _ inquiry: Inquiry
    ) throws -> [VariableConfig.Option] {
        try (submitted.lists[variable.name] ?? []).filter { !$0.isEmpty }.map { text in
            guard let option = try secrets.choice(text, field: variable.name, inquiry.session.id) else {
                throw Self.wrong(variable)
            }
            return option
        }
    }

    /// A page of choices.
    func page(
        _ source: ChoiceSource,
        _ inquiry: Inquiry,
        _ answers: JSONObject,
        search: String?,
        cursor: String?
    ) async throws -> ChoicePage {
        let (of, account) = (inquiry.of, inquiry.account)
        let owner = CredentialOwner(account: account.id, tenant: account.tenantID)
        guard let stored = try await vault.credential(of: owner, kind: .access),
            let method = stored.values["method"].flatMap(of.connector.document.authMethod)
        else { throw Problem(.credentialUnavailable, "the account has no credentials") }
        do {
            return try await engine.choices(
                of: source,
                connector: of.connector,
                account: account.id,
                variables: answers,
                access: FixedAccess(usable(stored.values, of, method: method)),
                search: search,
                cursor: cursor
            )
        } catch is Problem {
            throw UserError(
                message: "\(of.connector.document.label) cannot be asked right now. Please try again in a minute.",
                field: nil
            )
        }
    }
}
