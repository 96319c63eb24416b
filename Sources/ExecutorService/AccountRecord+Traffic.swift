import ConnectorEngine
import HTTPExchange
import HTTPTypes
import RegistryContract
import ServiceKit
import Vocabulary

extension AccountRecord {
    /// Who makes a call for this account, and how urgent it is: what the header field says, else interactive.
    func traffic(_ request: EndpointRequest) throws -> TrafficSubject {
        var priority = TrafficPriority.interactive
        if let text = request.headers[.priority] {
            guard let named = TrafficPriority(rawValue: text.lowercased()) else {
                let names = TrafficPriority.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(
                    .invalidRequest,
                    "X-Tributary-Priority is one of \(names)",
                    failures: [.init(code: "invalid", message: "one of \(names)", pointer: "X-Tributary-Priority")]
                )
            }
            priority = named
        }
        return TrafficSubject(tenant: tenantID, integration: integrationID, priority: priority)
    }
}
