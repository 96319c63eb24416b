package import FoundationEssentials
package import Vocabulary

/// What a sealed credential is for.
package enum CredentialKind: String, Sendable, Codable, CaseIterable {
    /// An account's tokens, keys or passwords; the owner is the account.
    case access
    /// The OAuth client's id and secret; the owner is the integration.
    case app
}

/// The owner of a credential: an account or an integration, by its UUID.
package struct CredentialOwner: Sendable, Hashable {
    /// The account's or the integration's id.
    package let id: UUID
    /// Whose it is.
    ///
    /// It is bound into the ciphertext.
    package let tenantID: TenantID

    /// The credential of an account.
    package init(account: AccountID, tenant: TenantID) {
        id = account.uuid
        tenantID = tenant
    }

    /// What the platform keeps for a connector, whatever the tenant.
    ///
    /// `sha256`: of the connector's name; its first 16 bytes are the owner's id.
    package init(connectorSHA256 sha256: [UInt8]) {
        let b = sha256 + [UInt8](repeating: 0, count: max(0, 16 - sha256.count))
        id = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            )
        )
        tenantID = TenantID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    }

    /// What a connect session keeps until it is over.
    package init(session: UUID, tenant: TenantID) {
        id = session
        tenantID = tenant
    }

    /// The credential of an integration.
    package init(integration: IntegrationID, tenant: TenantID) {
        id = integration.uuid
        tenantID = tenant
    }
}

/// Stores a new grant.
package struct CredentialPut: Sendable, Codable {
    /// Whose it is.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// The secrets by name.
    package var values: [String: String]
    /// When the access part ends, RFC 3339; nil when it does not.
    package var expiresAt: String?
    /// When it wants to be renewed for its own sake, RFC 3339; nil when it does not.
    package var renewAt: String?

    /// Describes the grant.
    package init(
        tenantID: TenantID,
        environmentID: EnvironmentID,
        values: [String: String],
        expiresAt: String?,
        renewAt: String? = nil
    ) {
        self.renewAt = renewAt
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.values = values
        self.expiresAt = expiresAt
    }

    enum CodingKeys: String, CodingKey {
        case values
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case expiresAt = "expires_at"
        case renewAt = "renew_at"
    }
}

/// An account's credential that wants to be renewed for its own sake.
package struct DueCredential: Sendable, Codable, Equatable {
    /// The account.
    package var accountID: AccountID
    /// Whose it is.
    package var tenantID: TenantID

    /// Names a credential.
    package init(accountID: AccountID, tenantID: TenantID) {
        self.accountID = accountID
        self.tenantID = tenantID
    }

    enum CodingKeys: String, CodingKey {
        case accountID = "account_id"
        case tenantID = "tenant_id"
    }
}

/// Which version of which grant is stored.
package struct CredentialVersion: Sendable, Codable, Equatable {
    /// Grows with each save.
    package var version: Int
    /// Grows with each new grant (connect, reconnect).
    package var grantEpoch: Int

    /// Names a version.
    package init(version: Int, grantEpoch: Int) {
        self.version = version
        self.grantEpoch = grantEpoch
    }

    enum CodingKeys: String, CodingKey {
        case version
        case grantEpoch = "grant_epoch"
    }
}

/// A credential, opened.
package struct CredentialRecord: Sendable, Codable {
    /// Whether the grant works.
    package enum Status: String, Sendable, Codable, CaseIterable {
        case active
        case needsReauth = "needs_reauth"
    }

    /// Grows with each save.
    package var version: Int
    /// Grows with each new grant.
    package var grantEpoch: Int
    /// Whether the grant works.
    package var status: Status
    /// The secrets by name.
    package var values: [String: String]
    /// When the access part ends, RFC 3339.
    package var expiresAt: String?

    /// Describes a credential.
    package init(version: Int, grantEpoch: Int, status: Status, values: [String: String], expiresAt: String?) {
        self.version = version
        self.grantEpoch = grantEpoch
        self.status = status
        self.values = values
        self.expiresAt = expiresAt
    }

    enum CodingKeys: String, CodingKey {
        case version, status, values
        case grantEpoch = "grant_epoch"
        case expiresAt = "expires_at"
    }
}

/// The right to refresh one grant, for a short time.
package struct RefreshLease: Sendable, Codable {
    /// Fences off older holders; comes back with the result.
    package var leaseToken: Int
    /// The attempt that was written down before the vendor is called.
    package var attemptID: String
    /// When the right ends, RFC 3339, by the database's clock.
    package var leaseUntil: String
    /// The version the refresh starts from.
    package var version: Int
    /// The grant the refresh belongs to.
    package var grantEpoch: Int
    /// The secrets by name, refresh token included.
    package var values: [String: String]

    /// Describes a lease.
    package init(
        leaseToken: Int,
        attemptID: String,
        leaseUntil: String,
        version: Int,
        grantEpoch: Int,
        values: [String: String]
    ) {
        self.leaseToken = leaseToken
        self.attemptID = attemptID
        self.leaseUntil = leaseUntil
        self.version = version
        self.grantEpoch = grantEpoch
        self.values = values
    }

    enum CodingKeys: String, CodingKey {
        case version, values
        case leaseToken = "lease_token"
        case attemptID = "attempt_id"
        case leaseUntil = "lease_until"
        case grantEpoch = "grant_epoch"
    }
}

/// Something the Registry must learn of a grant.
package struct VaultEvent: Sendable, Codable, Equatable {
    /// Its place in the outbox.
    package var id: Int
    /// What happened, such as `needs_reauth`.
    package var kind: String
    /// The account or integration.
    package var ownerID: String
    /// The grant it is about.
    package var grantEpoch: Int
    /// Why, as a code; never a secret or a vendor body.
    package var reason: String

    /// Describes an event.
    package init(id: Int, kind: String, ownerID: String, grantEpoch: Int, reason: String) {
        self.id = id
        self.kind = kind
        self.ownerID = ownerID
        self.grantEpoch = grantEpoch
        self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, reason
        case ownerID = "owner_id"
        case grantEpoch = "grant_epoch"
    }
}
