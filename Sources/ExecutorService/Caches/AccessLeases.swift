import BrokerContract
import ConnectorEngine
import FoundationEssentials
import Vocabulary

/// Keeps the broker's usable access of accounts to its expiry, at most a minute.
final class AccessLeases: Sendable {
    private struct Lease: Sendable {
        let access: ConnectorEngine.UsableAccess
        let end: ContinuousClock.Instant
        /// Whether its token came with an answer of the vendor, so that the broker does not know it.
        var isAhead = false
    }

    private let broker: any BrokerClient
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let wallClock: @Sendable () -> Date
    private let leases: BoundedCache<AccountID, Lease>
    private let flights = SingleFlight<AccountID, ConnectorEngine.UsableAccess>()

    init(
        broker: any BrokerClient,
        lifetime: Duration,
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        wallClock: @escaping @Sendable () -> Date
    ) {
        self.broker = broker
        self.lifetime = min(lifetime, .seconds(60))
        self.now = now
        self.wallClock = wallClock
        leases = BoundedCache(capacity: capacity)
    }

    /// Where one account's access comes from.
    func source(for account: AccountID) -> any AccessSource {
        AccountAccess(account: account, leases: self)
    }

    /// Forgets an account's access.
    func drop(account id: String) {
        if let id = AccountID(id) { leases[id] = nil }
    }

    fileprivate func access(
        of account: AccountID,
        rejected: ConnectorEngine.UsableAccess?
    ) async throws -> ConnectorEngine.UsableAccess {
        if let access = known(account, besides: rejected) { return access }
        return try await flights.value(for: account) {
            // Who came too late for a flight finds what it brought.
            if let access = self.known(account, besides: rejected) { return access }
            let answer = try await self.broker.usableAccess(of: account, rejected: rejected?.version)
            var access = ConnectorEngine.UsableAccess(
                method: answer.method,
                values: answer.values,
                clientCertificate: answer.clientCertificate,
                version: answer.version
            )
            if let known = self.leases[account], known.isAhead, known.access.version == answer.version {
                access = known.access
            }
            self.leases[account] = Lease(
                access: access,
                end: self.end(answer.expiresAt),
                isAhead: access.values["access_token"]?.reveal() != answer.values["access_token"]?.reveal()
            )
            return access
        }
    }

    private func known(
        _ account: AccountID,
        besides rejected: ConnectorEngine.UsableAccess?
    ) -> ConnectorEngine.UsableAccess? {
        guard let lease = leases[account], lease.end > now(), lease.access.version != rejected?.version else {
            return nil
        }
        return lease.access
    }

    fileprivate func keep(
        _ token: Secret<String>,
        of account: AccountID,
        inPlaceOf used: ConnectorEngine.UsableAccess
    ) {
        guard let lease = leases[account], lease.access.version == used.version else { return }
        leases[account] = Lease(access: used.carrying(token), end: lease.end, isAhead: true)
    }

    /// A minute from now, or the token's own end.
    private func end(_ expiresAt: String?) -> ContinuousClock.Instant {
        let longest = now() + lifetime
        guard let expiresAt, let seconds = secondsSinceEpoch(expiresAt) else { return longest }
        let left = max(0, seconds - wallClock().timeIntervalSince1970)
        return min(longest, now() + .milliseconds(Int(left * 1000)))
    }

    private func secondsSinceEpoch(_ text: String) -> Double? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return (try? Date(text, strategy: style))?.timeIntervalSince1970
    }
}

private struct AccountAccess: AccessSource {
    let account: AccountID
    let leases: AccessLeases

    func current() async throws -> ConnectorEngine.UsableAccess {
        try await leases.access(of: account, rejected: nil)
    }

    func renewed(after rejected: ConnectorEngine.UsableAccess) async throws -> ConnectorEngine.UsableAccess {
        try await leases.access(of: account, rejected: rejected)
    }

    func keep(_ token: Secret<String>, inPlaceOf used: ConnectorEngine.UsableAccess) {
        leases.keep(token, of: account, inPlaceOf: used)
    }
}
