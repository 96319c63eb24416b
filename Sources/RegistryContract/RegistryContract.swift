package import JSONValue
package import Vocabulary

/// Where an integrated account stands.
///
/// The states and their meaning are those of the API's documentation.
package enum AccountStatus: String, Sendable, Codable, CaseIterable {
    case connecting
    case active
    case needsReauth = "needs_reauth"
    case validationError = "validation_error"
    case postInstallError = "post_install_error"
    case degraded
    case disabled
}

/// What the Registry knows of an API key.
package struct APIKeyRecord: Sendable, Codable, Equatable {
    /// The key's id; never the key.
    package var keyID: APIKeyID
    /// The tenant it belongs to; nil for a platform administrator's key.
    package var tenantID: TenantID?
    /// The environment it is limited to; nil when it is good for every environment of the tenant.
    package var environmentID: EnvironmentID?
    /// What it may do.
    package var scopes: [String]
    /// Whether it has been revoked.
    package var revoked: Bool

    /// Describes a key.
    package init(
        keyID: APIKeyID,
        tenantID: TenantID?,
        environmentID: EnvironmentID?,
        scopes: [String],
        revoked: Bool
    ) {
        self.keyID = keyID
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.scopes = scopes
        self.revoked = revoked
    }

    enum CodingKeys: String, CodingKey {
        case keyID = "key_id"
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case scopes, revoked
    }
}

/// One end user's connection to one vendor.
package struct AccountRecord: Sendable, Codable, Equatable {
    /// The account.
    package var id: AccountID
    /// Whose it is.
    package var tenantID: TenantID
    /// In which of the tenant's environments.
    package var environmentID: EnvironmentID
    /// Through which integration it was connected.
    package var integrationID: IntegrationID
    /// The connector's name.
    package var connector: String
    /// Where it stands.
    package var status: AccountStatus
    /// The connector's account variables; no secrets.
    package var variables: JSONObject
    /// A name for people.
    package var label: String?
    /// The product's own id of the end user.
    package var endUserID: String
    /// Grows with each change of the row.
    package var revision: Int
    /// What is known of the certificate it presents; nil without one.
    package var clientCertificate: CertificateNote?

    /// Describes an account.
    package init(
        id: AccountID,
        tenantID: TenantID,
        environmentID: EnvironmentID,
        integrationID: IntegrationID,
        connector: String,
        status: AccountStatus,
        variables: JSONObject,
        label: String?,
        endUserID: String,
        revision: Int,
        clientCertificate: CertificateNote? = nil
    ) {
        self.clientCertificate = clientCertificate
        self.id = id
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.integrationID = integrationID
        self.connector = connector
        self.status = status
        self.variables = variables
        self.label = label
        self.endUserID = endUserID
        self.revision = revision
    }

    enum CodingKeys: String, CodingKey {
        case id, connector, status, variables, label, revision
        case clientCertificate = "client_certificate"
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case integrationID = "integration_id"
        case endUserID = "end_user_id"
    }
}

/// A connector enabled in an environment.
package struct IntegrationRecord: Sendable, Codable, Equatable {
    /// The integration.
    package var id: IntegrationID
    /// Whose it is.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// The connector's name.
    package var connector: String
    /// A name for people.
    package var label: String?
    /// Addresses of the product to which a finished connect flow may return, compared byte by byte.
    package var returnURLs: [String]
    /// Origins of the product that may embed the connect page and receive its message.
    package var allowedOrigins: [String]

    /// Describes an integration.
    package init(
        id: IntegrationID,
        tenantID: TenantID,
        environmentID: EnvironmentID,
        connector: String,
        label: String?,
        returnURLs: [String],
        allowedOrigins: [String]
    ) {
        self.id = id
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.connector = connector
        self.label = label
        self.returnURLs = returnURLs
        self.allowedOrigins = allowedOrigins
    }

    enum CodingKeys: String, CodingKey {
        case id, connector, label
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case returnURLs = "return_urls"
        case allowedOrigins = "allowed_origins"
    }
}

/// One level's document of a connector, as published.
package struct ConfigLayerRecord: Sendable, Codable, Equatable {
    /// The level.
    package var level: OverrideLevel
    /// The published version at that level.
    package var version: Int
    /// The document (platform) or the patch (environment, account).
    package var document: JSONValue

    /// Describes a layer.
    package init(level: OverrideLevel, version: Int, document: JSONValue) {
        self.level = level
        self.version = version
        self.document = document
    }
}

/// All that is needed to act for one account, or for one integration before an account exists.
package struct ConfigurationRecord: Sendable, Codable, Equatable {
    /// The account, when the configuration is that of one.
    package var account: AccountRecord?
    /// The integration, when it was asked for instead of an account.
    package var integration: IntegrationRecord?
    /// Layers, weakest first; the platform's is always there.
    package var layers: [ConfigLayerRecord]
    /// Names this very combination of layers; also the ETag.
    package var revision: String

    /// Describes a configuration.
    package init(
        account: AccountRecord?,
        integration: IntegrationRecord?,
        layers: [ConfigLayerRecord],
        revision: String
    ) {
        self.account = account
        self.integration = integration
        self.layers = layers
        self.revision = revision
    }
}

/// Something changed, so that what a cache holds of it is stale.
package struct RegistryChange: Sendable, Codable, Equatable {
    /// What kind of thing changed.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case apiKey = "api_key"
        case account
        case configuration
    }

    /// Grows by at least one with each change.
    package var sequence: Int
    /// What kind of thing.
    package var kind: Kind
    /// Its id: an API key's, an account's, or (for configuration) a connector's name, so that every account of that
    /// connector is stale.
    package var id: String

    /// Describes a change.
    package init(sequence: Int, kind: Kind, id: String) {
        self.sequence = sequence
        self.kind = kind
        self.id = id
    }
}

/// An answer of the change feed.
package struct RegistryChanges: Sendable, Codable, Equatable {
    /// The changes after the given sequence, oldest first.
    package var changes: [RegistryChange]
    /// The newest sequence there is; ask for what comes after it next time.
    package var latest: Int

    /// Describes an answer.
    package init(changes: [RegistryChange], latest: Int) {
        self.changes = changes
        self.latest = latest
    }
}

/// A deleted account whose credentials are still to be shredded.
package struct AccountDeletion: Sendable, Codable, Equatable {
    /// The account that was.
    package var accountID: AccountID
    /// Whose it was.
    package var tenantID: TenantID
    /// Through which integration it was connected; nil in words of older versions.
    package var integrationID: IntegrationID?
    /// What its variables were; no secrets.
    package var variables: JSONObject?

    /// Describes a deletion.
    package init(
        accountID: AccountID,
        tenantID: TenantID,
        integrationID: IntegrationID? = nil,
        variables: JSONObject? = nil
    ) {
        self.accountID = accountID
        self.tenantID = tenantID
        self.integrationID = integrationID
        self.variables = variables
    }

    enum CodingKeys: String, CodingKey {
        case accountID = "account_id"
        case tenantID = "tenant_id"
        case integrationID = "integration_id"
        case variables
    }
}
