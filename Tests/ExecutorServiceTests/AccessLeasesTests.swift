import ConnectorEngine
import Foundation
import Synchronization
import Testing
import Vocabulary

@testable import ExecutorService

/// The access that the executor keeps, and the tokens that vendors' answers bring for the next call.
struct AccessLeasesTests {
    private let broker = FakeBroker()
    private let clock = HandClock()
    private let leases: AccessLeases
    private let account = AccountID.random()
    private let source: any AccessSource

    init() {
        leases = AccessLeases(
            broker: broker,
            lifetime: .seconds(60),
            capacity: 10,
            now: { [clock] in clock.now },
            wallClock: { Date(timeIntervalSince1970: 1_767_225_600) }
        )
        source = leases.source(for: account)
    }

    private func token(_ access: UsableAccess) -> String? { access.values["access_token"]?.reveal() }
    private var calls: Int { broker.state.withLock { $0.asked.count } }

    @Test func `a token that an answer brought is used by the next call, without asking the broker`() async throws {
        let used = try await source.current()
        #expect(token(used) == nil)
        source.keep(Secret("next-1"), inPlaceOf: used)
        let next = try await source.current()
        #expect(token(next) == "next-1")
        #expect(next.version == used.version)
        #expect(next.values["token"]?.reveal() == "token-1", "what else the access holds stays")
        source.keep(Secret("next-2"), inPlaceOf: next)
        #expect(token(try await source.current()) == "next-2")
        #expect(calls == 1)
    }

    @Test func `a kept token outlives the lease as long as the broker has nothing newer`() async throws {
        source.keep(Secret("next"), inPlaceOf: try await source.current())
        for round in 2...3 {
            clock.advance(.seconds(61))
            #expect(token(try await source.current()) == "next")
            #expect(calls == round)
        }
    }

    @Test func `a newer access of the broker's replaces a kept token`() async throws {
        let used = try await source.current()
        source.keep(Secret("next"), inPlaceOf: used)
        let renewed = try await source.renewed(after: try await source.current())
        #expect(renewed.version == used.version + 1)
        #expect(token(renewed) == nil)
        #expect(token(try await source.current()) == nil)
    }

    @Test func `a late answer to a call with an older access changes nothing`() async throws {
        let old = try await source.current()
        _ = try await source.renewed(after: old)
        source.keep(Secret("late"), inPlaceOf: old)
        let current = try await source.current()
        #expect(token(current) == nil)
        #expect(current.version == old.version + 1)
    }

    @Test func `an account that was forgotten keeps nothing, and no account another's token`() async throws {
        let used = try await source.current()
        leases.drop(account: "\(account)")
        source.keep(Secret("next"), inPlaceOf: used)
        #expect(token(try await source.current()) == nil)

        let other = leases.source(for: .random())
        source.keep(Secret("mine"), inPlaceOf: try await source.current())
        #expect(token(try await other.current()) == nil)
        #expect(token(try await source.current()) == "mine")
    }
}
