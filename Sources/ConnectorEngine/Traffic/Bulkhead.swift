import Vocabulary

/// Limits how many calls are under way at once, and lets those who wait in fairly.
///
/// Three walls: one around each account, one around each connector, one around the process. A tenant has at most half of
/// the places behind a connector's wall, so that a vendor that stalls for one tenant leaves room for the others. Free
/// places go to interactive calls first, then to follow-ups, then to the background; among equals the tenants take
/// turns, and so do the accounts of a tenant.
///
/// Pure: a call that must wait gets a ticket, and leaving tells which tickets may go.
struct Bulkhead: Sendable {
    /// Names one call that waits.
    typealias Ticket = Int

    /// Where a call belongs, and how many may be there.
    struct Place: Sendable {
        var account: AccountID
        var app: String
        var tenant: TenantID?
        var priority: TrafficPriority
        var accountLimit: Int
        var appLimit: Int
    }

    /// What becomes of a call.
    enum Entry: Equatable {
        case entered
        case mustWait(Ticket)
        /// Too many wait already.
        case refused
    }

    /// The calls under way behind a connector's wall.
    private struct App {
        private(set) var entered = 0
        private(set) var tenants: [TenantID?: Int] = [:]

        mutating func enter(_ tenant: TenantID?) {
            entered += 1
            tenants[tenant, default: 0] += 1
        }

        mutating func leave(_ tenant: TenantID?) {
            entered -= 1
            tenants[tenant, default: 0] -= 1
        }

        mutating func sweep() {
            tenants = tenants.filter { $0.value > 0 }
        }
    }

    /// The calls of one account that wait, in their order, by urgency.
    private struct Line {
        let tenant: TenantID?
        var tickets: [TrafficPriority: [(ticket: Ticket, place: Place)]] = [:]

        var count: Int { tickets.values.reduce(0) { $0 + $1.count } }
    }

    private let processLimit: Int
    private let lineMax: Int
    private var accounts: [AccountID: Int] = [:]
    private var apps: [String: App] = [:]
    private(set) var entered = 0
    private var lines: [AccountID: Line] = [:]
    /// Tenants that wait, the one whose turn it is first; and likewise each tenant's accounts.
    private var turns: [TenantID?] = []
    private var accountTurns: [TenantID?: [AccountID]] = [:]
    private var lastTicket = 0

    /// Makes walls.
    ///
    /// - Parameters:
    ///   - processLimit: calls under way in this process.
    ///   - lineMax: calls of one account that may wait.
    init(processLimit: Int = 2048, lineMax: Int = 64) {
        self.processLimit = processLimit
        self.lineMax = lineMax
    }

    /// How many calls wait.
    var waiting: Int { lines.values.reduce(0) { $0 + $1.count } }

    /// How many calls of an account are under way.
    func entered(_ account: AccountID) -> Int { accounts[account] ?? 0 }

    mutating func enter(_ place: Place) -> Entry {
        if lines.isEmpty || lines[place.account] == nil, hasRoom(for: place) {
            takePlace(place)
            return .entered
        }
        guard (lines[place.account]?.count ?? 0) < lineMax else { return .refused }
        lastTicket += 1
        if lines[place.account] == nil {
            lines[place.account] = Line(tenant: place.tenant)
            if accountTurns[place.tenant] == nil { turns.append(place.tenant) }
            accountTurns[place.tenant, default: []].append(place.account)
        }
        lines[place.account]?.tickets[place.priority, default: []].append((lastTicket, place))
        return .mustWait(lastTicket)
    }

    /// A call is over.
    ///
    /// - Returns: the tickets that may go now.
    mutating func leave(_ place: Place) -> [Ticket] {
        freePlace(place)
        return admitted()
    }

    /// A call waits no longer; what stood behind it may go now.
    mutating func giveUp(_ ticket: Ticket, _ account: AccountID) -> [Ticket] {
        guard var line = lines[account] else { return [] }
        for priority in TrafficPriority.allCases { line.tickets[priority]?.removeAll { $0.ticket == ticket } }
        lines[account] = line
        removeIfEmpty(account)
        return admitted()
    }

    private mutating func admitted() -> [Ticket] {
        var admitted: [Ticket] = []
        while !turns.isEmpty, entered < processLimit, let ticket = next() { admitted.append(ticket) }
        return admitted
    }

    /// Lets in the one call whose turn it is.
    private mutating func next() -> Ticket? {
        for priority in TrafficPriority.allCases {
            for (turn, tenant) in turns.enumerated() {
                for (place, account) in (accountTurns[tenant] ?? []).enumerated() {
                    guard let first = lines[account]?.tickets[priority]?.first, hasRoom(for: first.place) else {
                        continue
                    }
                    lines[account]?.tickets[priority]?.removeFirst()
                    takePlace(first.place)
                    turns.append(turns.remove(at: turn))
                    if let account = accountTurns[tenant]?.remove(at: place) { accountTurns[tenant]?.append(account) }
                    removeIfEmpty(account)
                    return first.ticket
                }
            }
        }
        return nil
    }

    private mutating func removeIfEmpty(_ account: AccountID) {
        guard let line = lines[account], line.count == 0 else { return }
        lines[account] = nil
        accountTurns[line.tenant]?.removeAll { $0 == account }
        guard accountTurns[line.tenant]?.isEmpty == true else { return }
        accountTurns[line.tenant] = nil
        turns.removeAll { $0 == line.tenant }
    }

    private func hasRoom(for place: Place) -> Bool {
        guard entered < processLimit else { return false }
        // The background leaves a quarter of an account's places to those who wait for an answer.
        let isUrgent = place.priority != .background
        let accountLimit = isUrgent ? place.accountLimit : max(1, place.accountLimit - place.accountLimit / 4)
        guard (accounts[place.account] ?? 0) < accountLimit else { return false }
        guard let app = apps[place.app] else { return place.appLimit > 0 }
        return app.entered < place.appLimit && (app.tenants[place.tenant] ?? 0) < max(1, place.appLimit / 2)
    }

    private mutating func takePlace(_ place: Place) {
        entered += 1
        accounts[place.account, default: 0] += 1
        apps[place.app, default: App()].enter(place.tenant)
    }

    private mutating func freePlace(_ place: Place) {
        entered -= 1
        accounts[place.account, default: 0] -= 1
        apps[place.app, default: App()].leave(place.tenant)
    }

    /// Forgets the walls that nobody is behind.
    mutating func sweep() {
        accounts = accounts.filter { $0.value > 0 }
        apps = apps.filter { $0.value.entered > 0 }
        for app in apps.keys { apps[app]?.sweep() }
    }
}
