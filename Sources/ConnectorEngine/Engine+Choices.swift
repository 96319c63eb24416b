package import ConnectorConfig
import HTTPExchange
package import JSONValue
package import Vocabulary

/// Choices of a question about a connected account.
package struct ChoicePage: Sendable {
    /// The choices, in the order in which they come.
    package var options: [VariableConfig.Option]
    /// Where there are more; nil at the end.
    package var nextCursor: String?
}

/// The choices that a connector's form offers.
extension Engine {
    /// Pages that are looked through for one page of choices, where the vendor cannot search.
    private static let pagesMax = 5

    /// A page of choices.
    ///
    /// - Parameters:
    ///   - source: where they come from.
    ///   - connector: the account's effective configuration.
    ///   - account: whose connections are used.
    ///   - variables: the account's variables with the answers so far.
    ///   - access: its credentials.
    ///   - search: what the user looks for.
    ///   - cursor: where the page before ended.
    /// - Returns: The page.
    /// - Throws: `Problem` when they cannot be had.
    package func choices(
        of source: ChoiceSource,
        connector: CompiledConnector,
        account: AccountID,
        variables: JSONObject,
        access: any AccessSource,
        search: String? = nil,
        cursor: String? = nil
    ) async throws -> ChoicePage {
        let variables = connector.document.withDefaults(variables)
        var page = ChoicePage(options: [], nextCursor: cursor)
        let text = search.flatMap { $0.isEmpty || source.search == nil ? nil : $0 }
        for _ in 0..<Self.pagesMax {
            let part = try await part(
                of: source,
                connector,
                account,
                variables,
                access,
                search: source.search == .vendor ? text : nil,
                cursor: page.nextCursor
            )
            page.options += part.options.filter { option in
                source.search != .label || text.map(option.label.holds) ?? true
            }
            page.nextCursor = part.nextCursor
            // Only where the vendor cannot search, a page can hold fewer choices than there are.
            if part.nextCursor == nil || text == nil || source.search == .vendor { break }
            if page.options.count >= source.max { break }
        }
        return page
    }

    private func part(
        of source: ChoiceSource,
        _ connector: CompiledConnector,
        _ account: AccountID,
        _ variables: JSONObject,
        _ access: any AccessSource,
        search: String?,
        cursor: String?
    ) async throws -> ChoicePage {
        var scope = ExpressionScope(["context": .object(variables)])
        scope.root["search"] = search.map(JSONValue.string)
        scope.root["cursor"] = cursor.map(JSONValue.string)
        switch source.origin {
        case .fixed(let options): return ChoicePage(options: options)
        case .proxy(let call, let next):
            let exchange = exchange(connector, variables, access, account, TrafficSubject())
            let answer = try await pipeline(connector, exchange, account, calls: 1).answer(to: call, in: scope)
            let options = (answer.body.array ?? []).compactMap { Self.option($0, source) }
            let cursor = next.flatMap { $0.value(in: answer.page) }?.plainText
            return ChoicePage(
                options: Array(options.prefix(source.max)),
                nextCursor: cursor.flatMap { $0.isEmpty ? nil : $0 }
            )
        case .unified(let category, let resource, let parameters):
            var query: [(name: String, value: String)] = [("limit", String(min(source.max, UnifiedQuery.limitMax)))]
            for parameter in parameters {
                do {
                    if let text = try parameter.expression.text(in: scope) { query.append((parameter.name, text)) }
                } catch { throw ExpressionProblem.problem(error) }
            }
            if let search { query.append(("search", search)) }
            if let cursor { query.append(("next_cursor", cursor)) }
            let call = UnifiedCall(
                category: category,
                resource: resource,
                method: "list",
                query: query,
                account: account
            )
            let page = try await page(call, connector: connector, variables: variables, access: access)
            let options = try page.records.compactMap { Self.option(try JSONValue(parsing: $0), source) }
            return ChoicePage(options: options, nextCursor: page.nextCursor)
        }
    }

    private static func option(_ record: JSONValue, _ source: ChoiceSource) -> VariableConfig.Option? {
        guard let value = source.value.value(in: record)?.plainText else { return nil }
        return VariableConfig.Option(value: value, label: source.label.value(in: record)?.plainText ?? value)
    }
}

extension String {
    /// Whether another text stands in this one, whatever the case of both.
    fileprivate func holds(_ text: String) -> Bool { lowercased().contains(text.lowercased()) }
}
