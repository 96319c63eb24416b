package import Cryptography
package import FoundationEssentials
import JSONValue
import Synchronization
package import Vocabulary

/// Makes the short-lived tokens with which a service proves who it is to another.
///
/// A token is a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037), with `iss`, `aud`, `iat`, `exp` and `jti`. It is
/// good for 60 seconds and one audience, and is used for several calls within its first 20 seconds.
package final class ServiceTokenSigner: Sendable {
    /// The only header that is made or taken, so that no other algorithm can be asked for.
    static let header = Base64URL.encode(Array(#"{"alg":"EdDSA","typ":"JWT"}"#.utf8))
    /// How long a token is good.
    static let lifetime = 60

    private let service: ServiceName
    private let key: PrivateKey
    private let now: @Sendable () -> Date
    private let latest = Mutex<[ServiceName: (token: Secret<String>, issued: Int)]>([:])

    /// Signs as a service.
    ///
    /// - Parameters:
    ///   - service: who signs.
    ///   - key: its Ed25519 key.
    ///   - now: the time.
    package init(service: ServiceName, key: PrivateKey, now: @escaping @Sendable () -> Date = { Date() }) {
        self.service = service
        self.key = key
        self.now = now
    }

    /// A token for calling `audience`.
    ///
    /// - Throws: `CryptographyError` when the key is not an Ed25519 key.
    package func token(for audience: ServiceName) throws -> Secret<String> {
        let now = Int(now().timeIntervalSince1970)
        if let known = latest.withLock({ $0[audience] }), (0..<20).contains(now - known.issued) { return known.token }
        let claims: JSONValue = [
            "iss": .string(service.rawValue), "aud": .string(audience.rawValue), "iat": .number(JSONNumber(now)),
            "exp": .number(JSONNumber(now + Self.lifetime)),
            "jti": .string(Base64URL.encode(try SecureRandom.bytes(16))),
        ]
        let signed = "\(Self.header).\(Base64URL.encode(claims.bytes()))"
        let signature = Base64URL.encode(try key.sign(Array(signed.utf8), .edDSA))
        let token = Secret("\(signed).\(signature)")
        latest.withLock { $0[audience] = (token, now) }
        return token
    }
}

/// Checks the tokens of other services.
package final class ServiceTokenVerifier: Sendable {
    /// How far the clocks of two machines may be apart, in seconds.
    private static let skew = 5
    private static let verifiedMax = 64

    private let audience: ServiceName
    private let keys: [ServiceName: PublicKey]
    private let now: @Sendable () -> Date
    private let verified = Mutex<[String: (service: ServiceName, expires: Int)]>([:])

    /// Checks tokens for one service.
    ///
    /// - Parameters:
    ///   - audience: the service that is called.
    ///   - keys: the Ed25519 keys of the services that may call.
    ///   - now: the time.
    package init(
        audience: ServiceName,
        keys: [ServiceName: PublicKey],
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.audience = audience
        self.keys = keys
        self.now = now
    }

    /// Who signed `token`.
    ///
    /// - Throws: `unauthorized`, with the same words whatever is wrong.
    package func verify(_ token: String) throws(Problem) -> ServiceName {
        let now = Int(now().timeIntervalSince1970)
        if let known = verified.withLock({ $0[token] }), now <= known.expires + Self.skew { return known.service }
        guard let (service, expires) = check(token, now) else {
            throw Problem(.unauthorized, "the service token is not valid")
        }
        verified.withLock { verified in
            if verified.count >= Self.verifiedMax { verified = verified.filter { $0.value.expires >= now } }
            if verified.count >= Self.verifiedMax { verified.removeAll() }
            verified[token] = (service, expires)
        }
        return service
    }

    private func check(_ token: String, _ now: Int) -> (ServiceName, Int)? {
        guard token.utf8.count <= 1024 else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.elementsEqual(ServiceTokenSigner.header.utf8),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
            let claims = try? JSONValue(parsing: payload),
            let service = claims["iss"]?.string.flatMap(ServiceName.init(rawValue:)),
            let key = keys[service],
            (try? key.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8), .edDSA)) == true,
            claims["aud"]?.string == audience.rawValue,
            let issued = claims["iat"]?.int, let expires = claims["exp"]?.int,
            issued - Self.skew <= now, now <= expires + Self.skew,
            expires > issued, expires - issued <= ServiceTokenSigner.lifetime
        else { return nil }
        return (service, expires)
    }
}
