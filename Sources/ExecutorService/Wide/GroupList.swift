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
        /// How the accounts' pages came about, when the caller wants to know.
        var explanations = JSONObject()
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
            let lanes = position.lanes
            for reading in try await round(position, wanted: limit - page.records.count) {
                take(reading.value, lanes[reading.tag], &position, &page)
            }
        }
        page.next = position.isAtEnd(of: accounts.count) ? nil : position
        return page
    }

    /// What one of the lanes gave.
    private typealias Reading = Tagged<Int, Result<RecordPage, any Error>>

    /// Reads all lanes at once, and gives what came in their order.
    private func round(_ position: GroupPosition, wanted: Int) async throws -> [Reading] {
        let shares = position.shares(of: wanted)
        let readings = await withTaskGroup(of: Reading.self) { group in
            for (index, lane) in position.lanes.enumerated() where shares[index] > 0 {
                let share = shares[index]
                group.addTask { await reading(index, lane, share) }
            }
            var readings: [Reading] = []
            for await reading in group { readings.append(reading) }
            return readings
        }
        try Task.checkCancellation()
        return readings.sorted { $0.tag < $1.tag }
    }

    private func reading(_ index: Int, _ lane: GroupPosition.Lane, _ share: Int) async -> Reading {
        do {
            return Reading(index, .success(try await read(accounts[lane.account], share, lane.cursor)))
        } catch {
            return Reading(index, .failure(error))
        }
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
            page.note(read, of: account)
            position.advance(lane.account, to: read.nextCursor)
        case .failure(let error):
            page.note(error, of: account, cursor: lane.cursor, describe)
            position.advance(lane.account, to: nil)
        }
    }

    /// A record with the account it is from as its first member.
    static func marked(_ record: [UInt8], _ account: String) -> [UInt8] {
        guard record.first == UInt8(ascii: "{") else { return record }
        let rest = record.dropFirst()
        let name = JSONValue.string(account).bytes()
        let comma: [UInt8] = rest.first == UInt8(ascii: "}") ? [] : [UInt8(ascii: ",")]
        return Array("{\"integrated_account_id\":".utf8) + name + comma + rest
    }
}

extension GroupList.Page {
    /// An account gave a page.
    mutating func note(_ read: RecordPage, of account: String) {
        isPartial = isPartial || read.isPartial
        if let explanation = read.meta["explain"], explanations[account] == nil { explanations[account] = explanation }
    }

    /// An account gave none.
    ///
    /// `cursor`: its own, to go on with that account alone.
    mutating func note(
        _ error: any Error,
        of account: String,
        cursor: String?,
        _ describe: @Sendable (Problem) -> JSONValue
    ) {
        let problem = error as? Problem ?? Problem(.internalError, "an unexpected error", underlying: error)
        var described = describe(problem).object ?? JSONObject()
        described["integrated_account_id"] = .string(account)
        described["next_cursor"] = cursor.map(JSONValue.string) ?? .null
        errors.append(.object(described))
        problems.append(problem)
    }
}
