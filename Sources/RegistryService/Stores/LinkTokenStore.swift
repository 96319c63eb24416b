import FoundationEssentials
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// One-time tickets for connect flows; of the token itself only the digest is kept.
struct LinkTokenStore: Sendable {
    /// What using a ticket up gives.
    enum Redemption: Sendable {
        case redeemed(LinkTokenRecord)
        case used
        /// Also for one that never was: who guesses learns nothing.
        case expired
    }

    let pool: PostgresPool

    func create(_ wish: NewLinkToken, sha256: [UInt8]) async throws -> (id: LinkTokenID, expiresAt: Timestamp) {
        let id = LinkTokenID.random()
        return try await pool.transaction(context: TenantScope.tenant(wish.tenantID).context) { transaction in
            let rows = try await transaction.query(
                """
                insert into registry.link_token
                    (id, tenant_id, environment_id, token_sha256, end_user_id, end_user_name, connectors, account_id,
                     variables, return_url, expires_at)
                values (\(id.uuid), \(wish.tenantID.uuid), \(wish.environmentID.uuid), \(sha256), \(wish.endUserID),
                    \(wish.endUserName), \(wish.connectors), \(wish.accountID?.uuid),
                    \(JSONValue.object(wish.variables).text()), \(wish.returnURL),
                    now() + make_interval(secs => \(Double(wish.expiresInSeconds))))
                returning expires_at
                """
            )
            return (id, try rows[0].get("expires_at"))
        }
    }

    /// Uses a ticket up, in one statement, so that of many who try one succeeds.
    func redeem(sha256: [UInt8]) async throws -> Redemption {
        try await pool.transaction(context: TenantScope.service.context) { transaction in
            let rows = try await transaction.query(
                """
                update registry.link_token set used_at = now()
                where token_sha256 = \(sha256) and used_at is null and expires_at > now()
                returning id, tenant_id, environment_id, end_user_id, end_user_name, connectors, account_id, variables,
                    return_url
                """
            )
            if let row = rows.first { return .redeemed(try Self.record(row)) }
            let wasUsed = try await transaction.query(
                "select 1 from registry.link_token where token_sha256 = \(sha256) and used_at is not null"
            )
            return wasUsed.isEmpty ? .expired : .used
        }
    }

    private static func record(_ row: Row) throws -> LinkTokenRecord {
        let variables: String = try row.get("variables")
        return LinkTokenRecord(
            id: LinkTokenID(try row.get("id", as: UUID.self)),
            tenantID: TenantID(try row.get("tenant_id", as: UUID.self)),
            environmentID: EnvironmentID(try row.get("environment_id", as: UUID.self)),
            endUserID: try row.get("end_user_id"),
            endUserName: try row.optional("end_user_name"),
            connectors: try row.get("connectors"),
            accountID: try row.optional("account_id", as: UUID.self).map { AccountID($0) },
            variables: try JSONValue(parsing: variables).object ?? [:],
            returnURL: try row.optional("return_url")
        )
    }
}
