package import HTTPExchange
import HTTPTypes
package import Vocabulary

/// What is needed to sign one account's requests.
///
/// Never holds a refresh token or an OAuth client secret.
package struct UsableAccess: Sendable {
    /// The connector's auth method by which the account is connected.
    package let method: String
    /// The secrets by name, such as `access_token`.
    package let values: [String: Secret<String>]
    /// What connections present for mutual TLS; nil for nothing.
    package let clientCertificate: ConnectionIdentity.ClientCertificate?
    /// Grows with each refresh and each new grant; name it as rejected when the vendor refuses it.
    package let version: Int
    /// When it ends, RFC 3339; nil when it does not.
    package let expiresAt: String?

    /// Describes usable access.
    package init(
        method: String,
        values: [String: Secret<String>],
        clientCertificate: ConnectionIdentity.ClientCertificate? = nil,
        version: Int,
        expiresAt: String?
    ) {
        self.method = method
        self.values = values
        self.clientCertificate = clientCertificate
        self.version = version
        self.expiresAt = expiresAt
    }
}

/// Asks for usable access.
package struct UsableAccessRequest: Sendable, Codable, Equatable {
    /// The account to act for.
    package var accountID: AccountID
    /// The version that the vendor has just refused, so that the answer must be another.
    package var rejectedVersion: Int?

    /// Describes the wish.
    package init(accountID: AccountID, rejectedVersion: Int?) {
        self.accountID = accountID
        self.rejectedVersion = rejectedVersion
    }

    enum CodingKeys: String, CodingKey {
        case accountID = "account_id"
        case rejectedVersion = "rejected_version"
    }
}

/// ``UsableAccess`` on the wire between Broker and Executor.
package struct UsableAccessMessage: Sendable, Codable {
    /// A client certificate on the wire.
    package struct ClientCertificate: Sendable, Codable {
        /// The chain in PEM, the client's own certificate first.
        package var chainPEM: String
        /// The key in PEM.
        package var privateKeyPEM: String

        /// Describes a certificate.
        package init(chainPEM: String, privateKeyPEM: String) {
            self.chainPEM = chainPEM
            self.privateKeyPEM = privateKeyPEM
        }

        enum CodingKeys: String, CodingKey {
            case chainPEM = "chain_pem"
            case privateKeyPEM = "private_key_pem"
        }
    }

    /// The connector's auth method.
    package var method: String
    /// The secrets by name.
    package var values: [String: String]
    /// What connections present for mutual TLS.
    package var clientCertificate: ClientCertificate?
    /// The version.
    package var version: Int
    /// When it ends, RFC 3339.
    package var expiresAt: String?

    /// Describes the message.
    package init(
        method: String,
        values: [String: String],
        clientCertificate: ClientCertificate? = nil,
        version: Int,
        expiresAt: String?
    ) {
        self.method = method
        self.values = values
        self.clientCertificate = clientCertificate
        self.version = version
        self.expiresAt = expiresAt
    }

    enum CodingKeys: String, CodingKey {
        case method, values, version
        case clientCertificate = "client_certificate"
        case expiresAt = "expires_at"
    }
}

/// What other services ask of the Broker.
package protocol BrokerClient: Sendable {
    /// The access with which `account`'s requests are signed.
    ///
    /// - Parameters:
    ///   - account: the account to act for.
    ///   - version: the version that the vendor has just refused.
    /// - Returns: The access to use now.
    /// - Throws: `Problem` with `account_needs_reauth`, `token_refresh_in_progress`, `credential_unavailable`,
    ///   `not_found` or `service_unavailable`.
    func usableAccess(of account: AccountID, rejected version: Int?) async throws -> UsableAccess
}

/// Speaks to the Broker over HTTP.
package struct HTTPBrokerClient: BrokerClient {
    private let service: any ServiceCalling

    /// Uses `service`, which calls the Broker.
    package init(_ service: any ServiceCalling) {
        self.service = service
    }

    package func usableAccess(of account: AccountID, rejected version: Int?) async throws -> UsableAccess {
        let message: UsableAccessMessage = try await service.value(
            ServiceCall(.post, "/internal/v1/usable-access", timeout: .seconds(15)),
            sending: UsableAccessRequest(accountID: account, rejectedVersion: version)
        )
        return UsableAccess(
            method: message.method,
            values: message.values.mapValues(Secret.init),
            clientCertificate: message.clientCertificate.map {
                ConnectionIdentity.ClientCertificate(
                    chainPEM: Array($0.chainPEM.utf8),
                    privateKeyPEM: Array($0.privateKeyPEM.utf8)
                )
            },
            version: message.version,
            expiresAt: message.expiresAt
        )
    }
}
