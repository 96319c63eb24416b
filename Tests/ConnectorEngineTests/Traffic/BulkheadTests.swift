import Testing
import Vocabulary

@testable import ConnectorEngine

/// Who may call a vendor at once, and who is next.
struct BulkheadTests {
    private let tenants = (0..<3).map { _ in TenantID.random() }

    private func place(
        _ account: AccountID,
        _ tenant: Int,
        _ priority: TrafficPriority = .interactive,
        account limit: Int = 2,
        app: Int = 100
    ) -> Bulkhead.Place {
        Bulkhead.Place(
            account: account,
            app: "acme",
            tenant: tenants[tenant],
            priority: priority,
            accountLimit: limit,
            appLimit: app
        )
    }

    private func ticket(_ entry: Bulkhead.Entry) throws -> Bulkhead.Ticket {
        guard case .mustWait(let ticket) = entry else { throw Unexpected(entry: entry) }
        return ticket
    }

    private struct Unexpected: Error { let entry: Bulkhead.Entry }

    @Test func `an account has so many places, and the next free one goes to who waits longest`() throws {
        var bulkhead = Bulkhead()
        let one = place(.random(), 0)
        #expect(bulkhead.enter(one) == .entered)
        #expect(bulkhead.enter(one) == .entered)
        let first = try ticket(bulkhead.enter(one))
        let second = try ticket(bulkhead.enter(one))
        #expect(bulkhead.leave(one) == [first])
        #expect(bulkhead.leave(one) == [second])
        #expect(bulkhead.entered == 2 && bulkhead.waiting == 0)
    }

    @Test func `another account is not kept out`() throws {
        var bulkhead = Bulkhead()
        let stalled = place(.random(), 0)
        for _ in 0..<10 { _ = bulkhead.enter(stalled) }
        #expect(bulkhead.enter(place(.random(), 0)) == .entered)
        #expect(bulkhead.enter(place(.random(), 1)) == .entered)
    }

    @Test func `a tenant has at most half of a connector's places`() throws {
        var bulkhead = Bulkhead()
        var waiting = 0
        for _ in 0..<20 where bulkhead.enter(place(.random(), 0, app: 10)) != .entered { waiting += 1 }
        #expect(waiting == 15)
        for _ in 0..<5 { #expect(bulkhead.enter(place(.random(), 1, app: 10)) == .entered) }
        // Now the connector is full for everybody.
        #expect(bulkhead.enter(place(.random(), 2, app: 10)) != .entered)
    }

    @Test func `interactive calls go first, the background last`() throws {
        var bulkhead = Bulkhead()
        let account = AccountID.random()
        let full = place(account, 0, account: 1)
        #expect(bulkhead.enter(full) == .entered)
        let background = try ticket(bulkhead.enter(place(account, 0, .background, account: 1)))
        let followUp = try ticket(bulkhead.enter(place(account, 0, .followUp, account: 1)))
        let interactive = try ticket(bulkhead.enter(place(account, 0, account: 1)))
        #expect(bulkhead.leave(full) == [interactive])
        #expect(bulkhead.leave(full) == [followUp])
        #expect(bulkhead.leave(full) == [background])
    }

    @Test func `tenants take turns, however many calls one of them has waiting`() throws {
        var bulkhead = Bulkhead(processLimit: 1)
        let busy = (0..<4).map { _ in AccountID.random() }
        let others = [AccountID.random(), AccountID.random()]
        let holder = place(.random(), 0)
        #expect(bulkhead.enter(holder) == .entered)
        var owner: [Bulkhead.Ticket: Int] = [:]
        for account in busy { for _ in 0..<5 { owner[try ticket(bulkhead.enter(place(account, 0, account: 9)))] = 0 } }
        for tenant in [1, 2] {
            for _ in 0..<3 { owner[try ticket(bulkhead.enter(place(others[tenant - 1], tenant, account: 9)))] = tenant }
        }
        var order: [Int] = []
        for _ in 0..<9 {
            let next = bulkhead.leave(holder)
            #expect(next.count == 1)
            order += next.compactMap { owner[$0] }
        }
        #expect(order == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    }

    @Test func `the background leaves a quarter of an account's places free`() {
        var bulkhead = Bulkhead()
        let account = AccountID.random()
        var entered = 0
        for _ in 0..<8 where bulkhead.enter(place(account, 0, .background, account: 4)) == .entered { entered += 1 }
        #expect(entered == 3)
    }

    @Test func `who gives up stands in nobody's way, and a full line refuses`() throws {
        var bulkhead = Bulkhead(lineMax: 2)
        let account = AccountID.random()
        let one = place(account, 0, account: 1)
        #expect(bulkhead.enter(one) == .entered)
        let first = try ticket(bulkhead.enter(one))
        let second = try ticket(bulkhead.enter(one))
        #expect(bulkhead.enter(one) == .refused)
        #expect(bulkhead.giveUp(first, account).isEmpty)
        #expect(bulkhead.leave(one) == [second])
        #expect(bulkhead.leave(one).isEmpty)
        #expect(bulkhead.entered == 0)
        #expect(bulkhead.enter(one) == .entered)
    }

    @Test func `whatever happens, places add up`() throws {
        var bulkhead = Bulkhead(processLimit: 6)
        var generator = SplitMix(state: 3)
        let accounts = (0..<6).map { (AccountID.random(), $0 % 3) }
        var inside: [Bulkhead.Place] = []
        var waiting: [Bulkhead.Ticket: Bulkhead.Place] = [:]
        for _ in 0..<5000 {
            let admitted: [Bulkhead.Ticket]
            switch generator.next() % 5 {
            case 0, 1:
                let (account, tenant) = accounts[Int(generator.next() % 6)]
                let priority = TrafficPriority.allCases[Int(generator.next() % 3)]
                let place = place(account, tenant, priority, app: 5)
                switch bulkhead.enter(place) {
                case .entered: inside.append(place)
                case .mustWait(let ticket): waiting[ticket] = place
                case .refused: break
                }
                admitted = []
            case 2 where !waiting.isEmpty:
                let ticket = waiting.keys.sorted()[Int(generator.next() % UInt64(waiting.count))]
                let given = waiting.removeValue(forKey: ticket)
                let place = try #require(given)
                admitted = bulkhead.giveUp(ticket, place.account)
            default:
                guard !inside.isEmpty else { continue }
                admitted = bulkhead.leave(inside.remove(at: Int(generator.next() % UInt64(inside.count))))
            }
            for ticket in admitted {
                let place = waiting.removeValue(forKey: ticket)
                inside.append(try #require(place))
            }
            #expect(bulkhead.entered == inside.count && inside.count <= 6)
            #expect(bulkhead.waiting == waiting.count)
            for (account, _) in accounts { #expect(inside.count { $0.account == account } <= 2) }
        }
    }
}
