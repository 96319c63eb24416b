import ConnectorEngine
import JSONValue
import ServiceKit
import Vocabulary

/// A list over several accounts: a few are read at once, what one of them cannot give is told beside what the others do.
struct GroupList: Sendable {
    /// Reads one page of one account.
    typealias Read = @Sendable (_ account: String, _ limit: Int, _ cursor: String?) async throws -> RecordPage

    let accounts: [String]
    let limit: Int
    let read: Read
    let describe: @Sendable (Problem) -> JSONValue

    /// Rounds of one page: with accounts that have next to nothing, a page may stay short.
    private static let roundsMax = 32

    /// What one page gave.
    struct Page {
        var records: [[UInt8]] = []
        var errors: [JSONValue] = []
        var problems: [Problem] = []
        var isPartial = false
        /// nil at the end.
        var next: GroupPosition?
    }

    /// The page at a place.
    func page(from start: GroupPosition) async throws -> Page {
        var page = Page()
        var position = start
        for _ in 0..<Self.roundsMax where page.records.count < limit {
            position.fill(from: accounts.count)
            guard !position.lanes.isEmpty else { break }
            for (lane, outcome) in try await round(position, wanted: limit - page.records.count) {
                take(outcome, lane, &position, &page)
            }
        }
        page.next = position.isAtEnd(of: accounts.count) ? nil : position
        return page
    }

    /// Reads all lanes at once, and gives what came in their order.
    private func round(
        _ position: GroupPosition,
        wanted: Int
    ) async throws -> [(GroupPosition.Lane, Result<RecordPage, any Error>)] {
        let shares = position.shares(of: wanted)
        let work = zip(position.lanes, shares).filter { $0.1 > 0 }
        let outcomes = await withTaskGroup(of: (Int, Result<RecordPage, any Error>).self) { group in
            for (index, (lane, share)) in work.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await read(accounts[lane.account], share, lane.cursor)))
                    } catch { return (index, .failure(error)) }
                }
            }
            var outcomes: [Int: Result<RecordPage, any Error>] = [:]
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
        try Task.checkCancellation()
        return work.enumerated().compactMap { index, part in outcomes[index].map { (part.0, $0) } }
    }

    private func take(
        _ outcome: Result<RecordPage, any Error>,
        _ lane: GroupPosition.Lane,
        _ position: inout GroupPosition,
        _ page: inout Page
    ) {
        let account = accounts[lane.account]
        switch outcome {
        case .success(let read):
            page.records += read.records.map { Self.marked($0, account) }
            page.isPartial = page.isPartial || read.isPartial
            position.advance(lane.account, to: read.nextCursor)
        case .failure(let error):
            let problem = error as? Problem ?? Problem(.internalError, "an unexpected error", underlying: error)
            var described = describe(problem).object ?? JSONObject()
            described["integrated_account_id"] = .string(account)
            // Its own cursor, to go on with that account alone.
            described["next_cursor"] = lane.cursor.map(JSONValue.string) ?? .null
            page.errors.append(.object(described))
            page.problems.append(problem)
            position.advance(lane.account, to: nil)
        }
    }

    /// A record with the account it is from as its first member.
    private static func marked(_ record: [UInt8], _ account: String) -> [UInt8] {
        guard record.first == UInt8(ascii: "{") else { return record }
        let rest = record.dropFirst()
        let name = JSONValue.string(account).bytes()
        let comma: [UInt8] = rest.first == UInt8(ascii: "}") ? [] : [UInt8(ascii: ",")]
        return Array("{\"integrated_account_id\":".utf8) + name + comma + rest
    }
}
