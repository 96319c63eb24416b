import ConnectorEngine
import JSONValue
import ServiceKit
import Vocabulary

/// A list over several accounts in one order: the accounts' own lists, each of them in that order, merged.
///
/// A record is given out when every account that is not at its end shows what it has next, so that none that belongs
/// before it can come later. Places are kept as the page that an account stands in and what has been given out of it: a
/// page that is not used up is read again by the next call, and goes on behind the last record given out of it, or behind
/// as many where that one is not there any more.
struct SortedGroupList: Sendable {
    let accounts: [String]
    let limit: Int
    let order: RecordOrder
    let read: GroupList.Read
    let describe: @Sendable (Problem) -> JSONValue

    /// Pages of accounts that one call reads at most.
    private static let readsMax = 100

    /// What one page gave.
    struct Page {
        var group = GroupList.Page()
        var next: MergePosition?
    }

    /// What an account shows.
    private struct Shelf {
        var records: ArraySlice<[UInt8]> = []
        var key: RecordOrder.Key?
        /// The last record given out.
        var last: [UInt8]?
        /// Where the account's next page is; nil after its last.
        var following: String?
    }

    /// What an account gave.
    private typealias Reading = Tagged<Int, Result<RecordPage, any Error>>

    /// The page at a place.
    func page(from start: MergePosition) async throws -> Page {
        var position = start
        var page = Page()
        var shelves = [Shelf](repeating: Shelf(), count: accounts.count)
        var reads = 0
        while page.group.records.count < limit, reads < Self.readsMax {
            let empty = position.lanes.indices.filter { !position.lanes[$0].isDone && shelves[$0].records.isEmpty }
            if !empty.isEmpty {
                reads += empty.count
                for reading in try await readings(empty, position) {
                    stock(&shelves[reading.tag], reading, &position, &page)
                }
                continue
            }
            guard let lane = first(of: shelves) else { break }
            let record = shelves[lane].records.removeFirst()
            page.group.records.append(GroupList.marked(record, accounts[lane]))
            shelves[lane].last = record
            position.lanes[lane].skip += 1
            settle(lane, &shelves[lane], &position)
        }
        for (lane, shelf) in shelves.enumerated() where position.lanes[lane].skip > 0 {
            if let last = shelf.last { position.lanes[lane].last = Self.id(of: last) }
        }
        page.next = position.isAtEnd ? nil : position
        return page
    }

    /// The account whose next record comes first; of equal ones the first account.
    private func first(of shelves: [Shelf]) -> Int? {
        var best: (lane: Int, key: RecordOrder.Key)?
        for (lane, shelf) in shelves.enumerated() {
            guard let key = shelf.key, !shelf.records.isEmpty else { continue }
            if let known = best, !order.precedes(key, known.key) { continue }
            best = (lane, key)
        }
        return best?.lane
    }

    /// Shows the next record, or goes on to the next page when this one is used up.
    private func settle(_ lane: Int, _ shelf: inout Shelf, _ position: inout MergePosition) {
        shelf.key = shelf.records.first.map(order.key(of:))
        guard shelf.records.isEmpty else { return }
        position.lanes[lane].skip = 0
        position.lanes[lane].last = nil
        position.lanes[lane].cursor = shelf.following
        position.lanes[lane].isDone = shelf.following == nil
    }

    /// What is left of a page that was read before.
    private static func rest(of records: [[UInt8]], behind lane: MergePosition.Lane) -> ArraySlice<[UInt8]> {
        guard lane.skip > 0 else { return records[...] }
        if let last = lane.last, let index = records.lastIndex(where: { id(of: $0) == last }) {
            return records[(index + 1)...]
        }
        return records.dropFirst(lane.skip)
    }

    private static func id(of record: [UInt8]) -> String? {
        (try? JSONDocument(parsing: record, policy: .vendor))?.root["id"]?.value.string
    }

    private func stock(_ shelf: inout Shelf, _ reading: Reading, _ position: inout MergePosition, _ page: inout Page) {
        let lane = reading.tag
        switch reading.value {
        case .success(let read):
            page.group.note(read, of: accounts[lane])
            shelf.records = Self.rest(of: read.records, behind: position.lanes[lane])
            position.lanes[lane].skip = read.records.count - shelf.records.count
            shelf.following = read.nextCursor
            settle(lane, &shelf, &position)
        case .failure(let error):
            page.group.note(error, of: accounts[lane], cursor: position.lanes[lane].cursor, describe)
            position.lanes[lane].isDone = true
        }
    }

    private func readings(_ lanes: [Int], _ position: MergePosition) async throws -> [Reading] {
        let readings = await withTaskGroup(of: Reading.self) { group in
            for lane in lanes {
                let cursor = position.lanes[lane].cursor
                group.addTask {
                    do {
                        let page = try await read(accounts[lane], position.pageSize, cursor)
                        try order.check(page)
                        return Reading(lane, .success(page))
                    } catch {
                        return Reading(lane, .failure(error))
                    }
                }
            }
            var readings: [Reading] = []
            for await reading in group { readings.append(reading) }
            return readings
        }
        try Task.checkCancellation()
        return readings.sorted { $0.tag < $1.tag }
    }
}
