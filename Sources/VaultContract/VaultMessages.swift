package import Vocabulary

/// Asks for a refresh lease.
package struct LeaseRequest: Sendable, Codable {
    /// Whose the credential is.
    package var tenantID: TenantID
    /// The version the caller wants to replace; a newer one in the store refuses the lease.
    package var seenVersion: Int
    /// Names the asking process, for the log.
    package var holder: String

    /// Describes the wish.
    package init(tenantID: TenantID, seenVersion: Int, holder: String) {
        self.tenantID = tenantID
        self.seenVersion = seenVersion
        self.holder = holder
    }

    enum CodingKeys: String, CodingKey {
        case holder
        case tenantID = "tenant_id"
        case seenVersion = "seen_version"
    }
}

/// Saves the result of a refresh under its lease.
package struct LeaseCompletion: Sendable, Codable {
    /// Whose the credential is.
    package var tenantID: TenantID
    /// The attempt of the lease.
    package var attemptID: String
    /// All secrets of the new version by name.
    package var values: [String: String]
    /// When the access part ends, RFC 3339.
    package var expiresAt: String?
    /// When it wants to be renewed for its own sake, RFC 3339.
    package var renewAt: String?

    /// Describes the result.
    package init(
        tenantID: TenantID,
        attemptID: String,
        values: [String: String],
        expiresAt: String?,
        renewAt: String? = nil
    ) {
        self.renewAt = renewAt
        self.tenantID = tenantID
        self.attemptID = attemptID
        self.values = values
        self.expiresAt = expiresAt
    }

    enum CodingKeys: String, CodingKey {
        case values
        case tenantID = "tenant_id"
        case attemptID = "attempt_id"
        case expiresAt = "expires_at"
        case renewAt = "renew_at"
    }
}

/// Gives a lease back without a new version.
package struct LeaseFailure: Sendable, Codable {
    /// Whose the credential is.
    package var tenantID: TenantID
    /// The attempt of the lease.
    package var attemptID: String
    /// Whether the grant is dead, so that the end user must connect again.
    package var permanent: Bool
    /// Why, as a code; never a secret or a vendor body.
    package var reason: String

    /// Describes the failure.
    package init(tenantID: TenantID, attemptID: String, permanent: Bool, reason: String) {
        self.tenantID = tenantID
        self.attemptID = attemptID
        self.permanent = permanent
        self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
        case permanent, reason
        case tenantID = "tenant_id"
        case attemptID = "attempt_id"
    }
}

/// The oldest events that were not acknowledged.
package struct VaultEvents: Sendable, Codable, Equatable {
    /// The events, oldest first.
    package var events: [VaultEvent]

    /// Describes an answer.
    package init(events: [VaultEvent]) {
        self.events = events
    }
}

/// The credentials that want to be renewed for their own sake.
package struct DueCredentials: Sendable, Codable, Equatable {
    /// The credentials, the most urgent first.
    package var credentials: [DueCredential]

    /// Describes an answer.
    package init(credentials: [DueCredential]) {
        self.credentials = credentials
    }
}

/// Acknowledges events that were carried to the Registry.
package struct VaultAcknowledgement: Sendable, Codable, Equatable {
    /// Their places in the outbox.
    package var ids: [Int]

    /// Describes an acknowledgement.
    package init(ids: [Int]) {
        self.ids = ids
    }
}
