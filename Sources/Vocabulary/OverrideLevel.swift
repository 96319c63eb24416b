/// The levels at which a connector's documents can be changed, weakest first.
package enum OverrideLevel: String, Sendable, CaseIterable, Codable, Comparable {
    case platform
    case environment
    case account

    package static func < (left: Self, right: Self) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .platform: 0
        case .environment: 1
        case .account: 2
        }
    }
}
