import ConnectorConfig
import ConnectorEngine
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
        if request.query["explain"].map({ $0 != "false" && $0 != "0" }) == true {
            throw Problem(
                .invalidRequest,
                "explain is for one page of one account",
                failures: [.init(code: "invalid", message: "not with a stream or several accounts", pointer: "explain")]
            )
        }
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
        var headers = HTTPFields()
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
        if request.query.items.contains(where: { $0.name.hasPrefix("sort_by") }) {
            throw Problem(
                .filterNotSupported,
                "a list over several accounts keeps the order of the accounts and cannot be sorted",
                failures: [.init(code: "filter_not_supported", message: "no order here", pointer: "sort_by")]
            )
        }
        let key = try request.apiKey()
        let page = try reader(request, base, isStream: isStream)
        let limit = try Self.limit(request) ?? (isStream ? Self.streamLimit : 50)
        let ignored: Set<String> = ["limit", "page_size", "next_cursor", "cursor"]
        let filters = base.query.filter { !ignored.contains($0.name) }.map { "\($0.name)=\($0.value)" }.sorted()
        let binding = [base.category, base.resource, selection.binding] + filters
        let requestID = request.requestID
        let list = GroupList(
            accounts: selection.accounts,
            limit: limit,
            read: { name, share, cursor in try await page(door.open(name, for: key), share, cursor) },
            describe: { ErrorEnvelope.body($0, requestID: requestID) }
        )
        return { cursor in
            let start = try cursor.map { try engine.groupPosition($0, binding: binding) } ?? GroupPosition()
            let page = try await list.page(from: start)
            // What is wrong with the request itself is wrong for all accounts alike.
            if page.records.isEmpty, let problem = page.problems.first, problem.code.status == 400,
                page.problems.count == list.accounts.count
            {
                throw problem
            }
            var meta: JSONObject = [
                "request_id": .string(requestID), "accounts": .number(JSONNumber(list.accounts.count)),
            ]
            if !page.errors.isEmpty { meta["errors"] = .array(page.errors) }
            return RecordPage(
                records: page.records,
                nextCursor: try page.next.map { try engine.cursor($0, binding: binding) },
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
    fileprivate init(_ call: UnifiedCall, account: AccountID, traffic: TrafficSubject) {
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

extension HTTPFields {
    /// Tells of the limits that a page met.
    fileprivate mutating func set(_ page: RecordPage) {
        if let limit = page.rateLimit { set(limit) }
        guard let limit = page.remoteRateLimit else { return }
        self[.remoteLimit] = limit.limit.map(String.init)
        self[.remoteRemaining] = limit.remaining.map(String.init)
        self[.remoteReset] = limit.reset.map(String.init)
    }
}
