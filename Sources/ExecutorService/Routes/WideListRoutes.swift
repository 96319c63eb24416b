import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import UnifiedModel
import Vocabulary

/// Lists that are more than one page of one account: streams of all pages, and lists over several accounts.
struct WideListRoutes: Sendable {
    let engine: Engine
    let door: AccountDoor
    let leases: AccessLeases
    let groups: GroupCache

    /// Records that a page of a stream has unless the caller says otherwise.
    private static let streamLimit = 200
    private static let formatNames = ["response_format", "truto_response_format"]

    /// The answer to a request for such a list; nil when it is for a page of one account.
    func answer(_ request: EndpointRequest, category: String, resource: String) async throws -> EndpointResponse? {
        let isStream = Self.formatNames.contains { request.query[$0] == "stream" }
        let selection = try await AccountSelection(request, groups: groups)
        guard isStream || selection != nil else { return nil }
        let base = UnifiedCall(
            category: category,
            resource: resource,
            method: "list",
            query: request.query.items.map { ($0.name, $0.value) },
            account: .random(),
            requestID: request.requestID
        ).replacing(isStream ? Self.formatNames.map { ($0, nil) } : [])
        let cursor = request.query["next_cursor"] ?? request.query["cursor"]
        let fetch: RecordStream.Fetch
        let first: RecordPage
        var headers = HeaderFields()
        if let selection {
            let list = try merged(request, base, selection, isStream: isStream)
            fetch = { try await list($0) }
            first = try await list(cursor)
        } else {
            let configuration = try await door.open(request)
            headers[.configRevision] = configuration.connector.revision
            let page = try reader(request, base, isStream: isStream)
            fetch = { try await page(configuration, nil, $0) }
            first = try await page(configuration, nil, cursor)
            headers.set(first)
        }
        guard isStream else { return .bytes(first.envelope(), contentType: "application/json", headers: headers) }
        headers[.contentType] = "application/x-ndjson"
        let requestID = request.requestID
        let stream = RecordStream(first, fetch: fetch) { ErrorEnvelope.body($0, requestID: requestID) }
        return .stream(headers: headers, stream.pieces)
    }

    private typealias ReadPage =
        @Sendable (_ account: AccountConfiguration, _ limit: Int?, _ cursor: String?) async throws -> RecordPage

    /// Reads pages of one account.
    private func reader(_ request: EndpointRequest, _ base: UnifiedCall, isStream: Bool) throws -> ReadPage {
        let hasLimit = request.query["limit"] != nil || request.query["page_size"] != nil
        let usual = isStream && !hasLimit ? String(Self.streamLimit) : nil
        return { configuration, limit, cursor in
            var parameters: [(name: String, value: String?)] = [("next_cursor", cursor), ("cursor", nil)]
            if let limit {
                parameters += [("limit", String(limit)), ("page_size", nil)]
            } else if let usual {
                parameters += [("limit", usual)]
            }
            let call = UnifiedCall(
                base.replacing(parameters),
                account: configuration.account.id,
                traffic: try configuration.account.traffic(request)
            )
            return try await engine.page(
                call,
                connector: configuration.connector,
                variables: configuration.account.variables,
                access: leases.source(for: configuration.account.id)
            )
        }
    }

    /// Reads pages over several accounts; their cursors are ours.
    private func merged(
        _ request: EndpointRequest,
        _ base: UnifiedCall,
        _ selection: AccountSelection,
        isStream: Bool
    ) throws -> @Sendable (_ cursor: String?) async throws -> RecordPage {
        let order = try engine.order(of: base)
        if order != nil, selection.accounts.count > MergePosition.lanesMax {
            let message = "at most \(MergePosition.lanesMax) accounts can be read in one order"
            throw Problem(
                .filterNotSupported,
                message,
                failures: [.init(code: "filter_not_supported", message: message, pointer: "sort_by")]
            )
        }
        let key = try request.apiKey()
        let page = try reader(request, base, isStream: isStream)
        let limit = try Self.limit(request) ?? (isStream ? Self.streamLimit : 50)
        let ignored: Set<String> = ["limit", "page_size", "next_cursor", "cursor"]
        let filters = base.query.filter { !ignored.contains($0.name) }.map { "\($0.name)=\($0.value)" }.sorted()
        let binding = [base.category, base.resource, selection.binding] + filters
        let requestID = request.requestID
        let read: GroupList.Read = { name, share, cursor in
            try await page(door.open(name, for: key), share, cursor)
        }
        let describe: @Sendable (Problem) -> JSONValue = { ErrorEnvelope.body($0, requestID: requestID) }
        let accounts = selection.accounts
        return { cursor in
            let page: GroupList.Page
            let next: String?
            if let order {
                let merged = try await SortedGroupList(
                    accounts: accounts,
                    limit: limit,
                    order: order,
                    read: read,
                    describe: describe
                ).page(
                    from: try cursor.map {
                        try engine.mergePosition($0, accounts: accounts.count, binding: binding)
                    } ?? MergePosition(accounts: accounts.count, pageSize: limit)
                )
                page = merged.group
                next = try merged.next.map { try engine.cursor($0, binding: binding) }
            } else {
                page = try await GroupList(accounts: accounts, limit: limit, read: read, describe: describe)
                    .page(from: try cursor.map { try engine.groupPosition($0, binding: binding) } ?? GroupPosition())
                next = try page.next.map { try engine.cursor($0, binding: binding) }
            }
            // What is wrong with the request itself is wrong for all accounts alike.
            if page.records.isEmpty, let problem = page.problems.first, problem.code.status == 400,
                page.problems.count == accounts.count
            {
                throw problem
            }
            var meta: JSONObject = [
                "request_id": .string(requestID), "accounts": .number(JSONNumber(accounts.count)),
            ]
            if !page.explanations.isEmpty { meta["explain"] = .object(page.explanations) }
            if !page.errors.isEmpty { meta["errors"] = .array(page.errors) }
            return RecordPage(
                records: page.records,
                nextCursor: next,
                isPartial: page.isPartial,
                meta: meta
            )
        }
    }

    private static func limit(_ request: EndpointRequest) throws -> Int? {
        guard let text = request.query["limit"] ?? request.query["page_size"] else { return nil }
        guard let limit = Int(text), (1...UnifiedQuery.limitMax).contains(limit) else {
            throw Problem(
                .invalidRequest,
                "limit is 1 to \(UnifiedQuery.limitMax)",
                failures: [.init(code: "invalid", message: "1 to \(UnifiedQuery.limitMax)", pointer: "limit")]
            )
        }
        return limit
    }
}

extension UnifiedCall {
    /// This call for an account.
    fileprivate convenience init(_ call: UnifiedCall, account: AccountID, traffic: TrafficSubject) {
        self.init(
            category: call.category,
            resource: call.resource,
            method: call.method,
            query: call.query,
            account: account,
            requestID: call.requestID,
            traffic: traffic
        )
    }
}

extension HeaderFields {
    /// Tells of the limits that a page met.
    fileprivate mutating func set(_ page: RecordPage) {
        if let limit = page.rateLimit { set(limit) }
        guard let limit = page.remoteRateLimit else { return }
        self[.remoteLimit] = limit.limit.map(String.init)
        self[.remoteRemaining] = limit.remaining.map(String.init)
        self[.remoteReset] = limit.reset.map(String.init)
    }
}
