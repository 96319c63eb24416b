import JSONValue
import Vocabulary

/// Where a list over several accounts goes on: pure decisions, without fetching anything.
///
/// The accounts are read in their order, a few at a time; one that is at its end makes room for the next. So a cursor
/// holds the places of few accounts only, however many there are.
package struct GroupPosition: Sendable, Equatable {
    /// An account that is being read.
    package struct Lane: Sendable, Equatable {
        /// Which of the accounts.
        package let account: Int
        /// Where it goes on; nil at its start.
        package var cursor: String?
    }

    /// Accounts that are read at once.
    package static let lanesMax = 4

    /// The accounts that are being read.
    package private(set) var lanes: [Lane] = []
    /// The first account that has not been begun.
    package private(set) var next = 0

    /// The start of a list.
    package init() {}

    /// Whether there is nothing left to read of `accounts` accounts.
    package func isAtEnd(of accounts: Int) -> Bool { lanes.isEmpty && next >= accounts }

    /// Begins accounts while there is room.
    package mutating func fill(from accounts: Int) {
        while lanes.count < Self.lanesMax, next < accounts {
            lanes.append(Lane(account: next))
            next += 1
        }
    }

    /// How many records each lane is asked for, so that `wanted` come at most.
    package func shares(of wanted: Int) -> [Int] {
        guard !lanes.isEmpty else { return [] }
        return lanes.indices.map { wanted / lanes.count + ($0 < wanted % lanes.count ? 1 : 0) }
    }

    /// An account has been read up to `cursor`; nil at its end, or when it failed.
    package mutating func advance(_ account: Int, to cursor: String?) {
        guard let lane = lanes.firstIndex(where: { $0.account == account }) else { return }
        if let cursor { lanes[lane].cursor = cursor } else { lanes.remove(at: lane) }
    }
}

extension GroupPosition {
    /// `[next, account, cursor, account, cursor, ...]`.
    var json: JSONValue {
        var parts: [JSONValue] = [.number(JSONNumber(next))]
        for lane in lanes {
            parts.append(.number(JSONNumber(lane.account)))
            parts.append(lane.cursor.map(JSONValue.string) ?? .null)
        }
        return .array(parts)
    }

    init?(_ json: JSONValue) {
        guard let parts = json.array, parts.count % 2 == 1, parts.count <= 1 + 2 * Self.lanesMax,
            let next = parts[0].int, next >= 0
        else { return nil }
        self.next = next
        for index in stride(from: 1, to: parts.count, by: 2) {
            guard let account = parts[index].int, (0..<next).contains(account) else { return nil }
            lanes.append(Lane(account: account, cursor: parts[index + 1].string))
        }
    }
}
