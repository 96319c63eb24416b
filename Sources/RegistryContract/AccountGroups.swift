package import Vocabulary

/// Accounts of one environment over which a list can be asked for at once.
package struct AccountGroupRecord: Sendable, Codable, Equatable {
    /// Most accounts of a group.
    package static let accountsMax = 100

    /// The group.
    package var id: AccountGroupID
    /// Whose it is.
    package var tenantID: TenantID
    /// In which environment.
    package var environmentID: EnvironmentID
    /// A name for people.
    package var name: String
    /// Its accounts, in the order in which a list gives them; deleted ones are left out.
    package var accountIDs: [AccountID]

    /// Describes a group.
    package init(
        id: AccountGroupID,
        tenantID: TenantID,
        environmentID: EnvironmentID,
        name: String,
        accountIDs: [AccountID]
    ) {
        self.id = id
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.name = name
        self.accountIDs = accountIDs
    }

    enum CodingKeys: String, CodingKey {
        case id, name
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case accountIDs = "account_ids"
    }
}
