/// The services of this installation, as they call each other and as logs, metrics and tokens name them.
package enum ServiceName: String, Sendable, CaseIterable, Codable {
    case registry
    case broker
    case vault
    case executor
    case sync
    case sandbox

    /// The port that the service listens on unless told otherwise.
    package var defaultPort: Int {
        switch self {
        case .registry: 7401
        case .broker: 7402
        case .vault: 7403
        case .executor: 7404
        case .sync: 7405
        case .sandbox: 7500
        }
    }

    /// What the service is for, in one line.
    package var summary: String {
        switch self {
        case .registry:
            "Tenants, environments, API keys, connectors and their layers, integrated accounts, and the audit log."
        case .broker: "Connects accounts: link tokens, the connect page, every auth flow, and usable access."
        case .vault: "Keeps credentials encrypted. Internal: only the broker may call it."
        case .executor: "The unified API and the proxy to the vendors' own APIs."
        case .sync: "Inbound vendor webhooks, sync jobs, the change feed and signed outbound deliveries."
        case .sandbox: "Stands in for the vendors in development and tests."
        }
    }
}
