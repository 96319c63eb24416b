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
}
