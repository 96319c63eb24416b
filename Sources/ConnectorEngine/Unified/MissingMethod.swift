import ConnectorConfig
import Vocabulary

extension CompiledConnector {
    /// Why a method cannot be called, with those that can.
    func lacks(_ method: String, _ category: String, _ resource: String) -> Problem {
        let name = "the connector '\(name)'"
        guard let resources = document.mappings[category], !resources.isEmpty else {
            let categories = document.mappings.keys.sorted().joined(separator: ", ")
            return Problem(.methodNotSupported, "\(name) has no \(category)/\(resource); it is of \(categories)")
        }
        guard let methods = resources[resource], !methods.isEmpty else {
            let others = "of \(category) it has \(resources.keys.sorted().joined(separator: ", "))"
            return Problem(.methodNotSupported, "\(name) has no \(category)/\(resource); \(others)")
        }
        let others = methods.keys.sorted().joined(separator: ", ")
        return Problem(.methodNotSupported, "\(name) has no \(method) of \(category)/\(resource), only \(others)")
    }
}
