import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A JSON Web Token that speaks of the request it goes with, so that it is good for that one alone.
struct RequestToken: RequestSignature {
    let config: RequestTokenConfig

    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )] {
        let address = SignedAddress(request.url)
        let digest = try tools.digests.digest(.sha256, of: request.body ?? [])
        let told: JSONObject = [
            "method": .string(request.method.rawValue), "url": .string(request.url), "host": .string(address.host),
            "path": .string(address.path), "query": .string(address.query),
            "body_sha256": .string(Hexadecimal.text(digest)),
        ]
        let token = try WebToken(config.assertion).text(in: scope.adding("request", .object(told)), tools: tools)
        let isBearer = config.header.lowercased() == "authorization"
        return [(config.header, isBearer ? "Bearer \(token.reveal())" : token.reveal())]
    }
}
