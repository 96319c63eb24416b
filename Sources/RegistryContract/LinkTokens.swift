package import JSONValue
package import Vocabulary

/// A one-time ticket with which one end user may connect.
package struct LinkTokenRecord: Sendable, Codable, Equatable {
    /// The ticket's id; never the token.
    package var id: LinkTokenID
    /// Whose it is.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// The product's own id of the end user.
    package var endUserID: String
    /// The end user's name, for the page.
    package var endUserName: String?
    /// Connectors to choose from; empty means every integration of the environment.
    package var connectors: [String]
    /// The account to reconnect, if any.
    package var accountID: AccountID?
    /// Account variables that the product already knows.
    package var variables: JSONObject
    /// Where the browser goes at the end.
    package var returnURL: String?

    /// Describes a ticket.
    package init(
        id: LinkTokenID,
        tenantID: TenantID,
        environmentID: EnvironmentID,
        endUserID: String,
        endUserName: String?,
        connectors: [String],
        accountID: AccountID?,
        variables: JSONObject,
        returnURL: String?
    ) {
        self.id = id
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.endUserID = endUserID
        self.endUserName = endUserName
        self.connectors = connectors
        self.accountID = accountID
        self.variables = variables
        self.returnURL = returnURL
    }

    enum CodingKeys: String, CodingKey {
        case id, connectors, variables
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case endUserID = "end_user_id"
        case endUserName = "end_user_name"
        case accountID = "account_id"
        case returnURL = "return_url"
    }
}

/// Asks for a link token.
package struct NewLinkToken: Sendable, Codable, Equatable {
    /// Whose it is to be.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// The product's own id of the end user.
    package var endUserID: String
    /// The end user's name, for the page.
    package var endUserName: String?
    /// Connectors to choose from; empty means every integration of the environment.
    package var connectors: [String]
    /// The account to reconnect, if any.
    package var accountID: AccountID?
    /// Account variables that the product already knows.
    package var variables: JSONObject
    /// Where the browser goes at the end; must be registered for the environment.
    package var returnURL: String?
    /// Lifetime in seconds, 60...1800.
    package var expiresInSeconds: Int

    /// Describes the wish.
    package init(
        tenantID: TenantID,
        environmentID: EnvironmentID,
        endUserID: String,
        endUserName: String?,
        connectors: [String],
        accountID: AccountID?,
        variables: JSONObject,
        returnURL: String?,
        expiresInSeconds: Int
    ) {
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.endUserID = endUserID
        self.endUserName = endUserName
        self.connectors = connectors
        self.accountID = accountID
        self.variables = variables
        self.returnURL = returnURL
        self.expiresInSeconds = expiresInSeconds
    }

    enum CodingKeys: String, CodingKey {
        case connectors, variables
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case endUserID = "end_user_id"
        case endUserName = "end_user_name"
        case accountID = "account_id"
        case returnURL = "return_url"
        case expiresInSeconds = "expires_in_seconds"
    }
}

/// A link token just made; the only time that its text is seen.
package struct CreatedLinkToken: Sendable, Codable {
    /// The ticket's id.
    package var id: LinkTokenID
    /// The token itself.
    ///
    /// Give it to the end user's browser; do not log it.
    package var token: String
    /// When it ends, RFC 3339.
    package var expiresAt: String

    /// Describes a new token.
    package init(id: LinkTokenID, token: String, expiresAt: String) {
        self.id = id
        self.token = token
        self.expiresAt = expiresAt
    }

    enum CodingKeys: String, CodingKey {
        case id, token
        case expiresAt = "expires_at"
    }
}

/// Asks for a new account.
package struct NewAccount: Sendable, Codable, Equatable {
    /// Whose it is to be.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// Through which integration.
    package var integrationID: IntegrationID
    /// The product's own id of the end user.
    package var endUserID: String
    /// A name for people.
    package var label: String?
    /// Account variables; no secrets.
    package var variables: JSONObject
    /// Its first status.
    package var status: AccountStatus

    /// Describes the wish.
    package init(
        tenantID: TenantID,
        environmentID: EnvironmentID,
        integrationID: IntegrationID,
        endUserID: String,
        label: String?,
        variables: JSONObject,
        status: AccountStatus
    ) {
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.integrationID = integrationID
        self.endUserID = endUserID
        self.label = label
        self.variables = variables
        self.status = status
    }

    enum CodingKeys: String, CodingKey {
        case label, variables, status
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case integrationID = "integration_id"
        case endUserID = "end_user_id"
    }
}

/// Changes an account; what is nil stays.
package struct AccountChange: Sendable, Codable, Equatable {
    /// The new status.
    package var status: AccountStatus?
    /// Why it has that status, for people.
    package var statusReason: String?
    /// Variables to merge (RFC 7396).
    package var variables: JSONObject?
    /// A new name for people.
    package var label: String?
    /// The certificate it presents from now on.
    package var clientCertificate: CertificateNote?

    /// Describes the change.
    package init(
        status: AccountStatus? = nil,
        statusReason: String? = nil,
        variables: JSONObject? = nil,
        label: String? = nil,
        clientCertificate: CertificateNote? = nil
    ) {
        self.clientCertificate = clientCertificate
        self.status = status
        self.statusReason = statusReason
        self.variables = variables
        self.label = label
    }

    enum CodingKeys: String, CodingKey {
        case status, variables, label
        case statusReason = "status_reason"
        case clientCertificate = "client_certificate"
    }
}
