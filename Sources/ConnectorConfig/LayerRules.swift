import JSONValue
import Vocabulary

/// What a level may change.
///
/// | part | environment | account |
/// |---|---|---|
/// | `http` and `resources` (but not their `base_url`) | yes | yes |
/// | `errors`, `error_body`, `rate_limit`, `budget`, `retry`, `circuit`, `concurrency` | yes | yes |
/// | `functions`, `mappings` | yes | yes |
/// | `variables`, `regions`, `auth`, `base_url`, `hosts` (a part of the platform's) | yes | no |
/// | `name`, `label`, `webhooks`, what is done in an account's life, `tests` and the rest | no | no |
enum LayerRules {
    private static let everyone = [
        "http", "resources", "errors", "error_body", "rate_limit", "budget", "retry", "circuit", "concurrency",
        "functions", "mappings",
    ]
    private static let environmentOnly = ["variables", "regions", "auth", "hosts"]

    static func check(_ layer: ConfigLayer, base: JSONValue) throws(ConnectorConfigError) {
        guard layer.level != .platform else {
            throw ConnectorConfigError("a second platform layer cannot be laid over the first", at: "")
        }
        guard case .object(let members) = layer.document else {
            throw ConnectorConfigError("a layer is an object", at: "", level: layer.level)
        }
        let allowed = everyone + (layer.level == .environment ? environmentOnly : [])
        for member in members where !allowed.contains(member.key) {
            throw ConnectorConfigError(
                "this level may not set '\(member.key)'; it may set \(allowed.joined(separator: ", "))",
                at: "/" + PointerToken.escaped(member.key),
                level: layer.level
            )
        }
        if layer.level == .account { try refuseBaseURLs(layer) }
        try checkHosts(layer, base: base)
    }

    private static func refuseBaseURLs(_ layer: ConfigLayer) throws(ConnectorConfigError) {
        let message = "an account cannot change where requests go"
        if layer.document["http"]?["base_url"] != nil {
            throw ConnectorConfigError(message, at: "/http/base_url", level: layer.level)
        }
        for resource in layer.document["resources"]?.object ?? JSONObject() {
            for method in resource.value.object ?? JSONObject() where method.value["base_url"] != nil {
                let place = [resource.key, method.key].map(PointerToken.escaped).joined(separator: "/")
                throw ConnectorConfigError(message, at: "/resources/\(place)/base_url", level: layer.level)
            }
        }
    }

    private static func checkHosts(_ layer: ConfigLayer, base: JSONValue) throws(ConnectorConfigError) {
        guard let hosts = layer.document["hosts"] else { return }
        let known = (base["hosts"]?.array ?? []).compactMap(\.string).compactMap(HostPattern.init)
        for (index, host) in (hosts.array ?? [hosts]).enumerated() {
            guard let pattern = host.string.flatMap(HostPattern.init), known.contains(where: { $0.covers(pattern) })
            else {
                throw ConnectorConfigError(
                    "the host is outside of the connector's own list",
                    at: "/hosts/\(index)",
                    level: layer.level
                )
            }
        }
    }
}
