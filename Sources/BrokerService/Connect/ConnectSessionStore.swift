import Foundation
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// One run of a connect flow in one browser.
struct ConnectSession: Sendable {
    let id: ConnectSessionID
    let tenantID: TenantID
    let environmentID: EnvironmentID
    let endUserID: String
    let endUserName: String?
    /// Connectors to choose from; empty means every integration of the environment.
    let connectors: [String]
    let accountID: AccountID?
    var variables: JSONObject
    let returnURL: String?
    var integrationID: IntegrationID?
    var method: String?
    /// The account that is connected already and about which the user is asked.
    var connectedAccountID: AccountID?
}

/// Connect sessions.
///
/// What identifies a browser is stored as a digest only.
struct ConnectSessionStore: Sendable {
    let pool: PostgresPool

    private static let context = ["app.scope": "service"]
    private static let columns: Query = """
        id, tenant_id, environment_id, end_user_id, end_user_name, connectors, account_id, variables, return_url,
        integration_id, method, connected_account_id
        """

    func create(from token: LinkTokenRecord, cookieSHA256: [UInt8]) async throws {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.execute(
                "delete from broker.connect_session where expires_at < now() - interval '1 day'"
            )
            try await transaction.execute(
                """
                insert into broker.connect_session
                    (id, tenant_id, environment_id, cookie_sha256, end_user_id, end_user_name, connectors, account_id,
                     variables, return_url)
                values (\(ConnectSessionID.random().uuid), \(token.tenantID.uuid), \(token.environmentID.uuid),
                    \(cookieSHA256), \(token.endUserID), \(token.endUserName), \(token.connectors),
                    \(token.accountID?.uuid), \(JSONValue.object(token.variables).text()), \(token.returnURL))
                """
            )
        }
    }

    /// The open session of a browser.
    func session(cookieSHA256: [UInt8]) async throws -> ConnectSession? {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.query(
                """
                select \(Self.columns) from broker.connect_session
                where cookie_sha256 = \(cookieSHA256) and status in ('open', 'asking') and expires_at > now()
                """
            ).first.map(Self.session)
        }
    }

    /// Remembers what the user chose and typed, and the state that goes out with the browser.
    func remember(_ session: ConnectSession, stateSHA256: [UInt8]?) async throws {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.execute(
                """
                update broker.connect_session
                set integration_id = \(session.integrationID?.uuid), method = \(session.method),
                    variables = \(JSONValue.object(session.variables).text()), state_sha256 = \(stateSHA256)
                where id = \(session.id.uuid) and status = 'open'
                """
            )
        }
    }

    /// Uses an OAuth state up, in one statement: of many callbacks with one state a single one gets the session, and only
    /// in the browser and for the integration that it was made for.
    func consume(stateSHA256: [UInt8], cookieSHA256: [UInt8], integration: IntegrationID) async throws
        -> ConnectSession?
    {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.query(
                """
                update broker.connect_session set state_sha256 = null
                where state_sha256 = \(stateSHA256) and cookie_sha256 = \(cookieSHA256)
                  and integration_id = \(integration.uuid) and status = 'open' and expires_at > now()
                returning \(Self.columns)
                """
            ).first.map(Self.session)
        }
    }

    /// Ends a session; false when another request has ended it.
    func finish(_ id: ConnectSessionID) async throws -> Bool {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.execute(
                """
                update broker.connect_session set status = 'done', variables = '{}', state_sha256 = null
                where id = \(id.uuid) and status = 'open'
                """
            ) == 1
        }
    }

    /// Lets a session that has ended go on with questions about its account.
    func ask(_ id: ConnectSessionID, about account: AccountID) async throws {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.execute(
                """
                update broker.connect_session set status = 'asking', connected_account_id = \(account.uuid)
                where id = \(id.uuid) and status = 'done'
                """
            )
        }
    }

    /// Ends the questions of a session.
    func close(_ id: ConnectSessionID) async throws {
        try await pool.transaction(context: Self.context) { transaction in
            try await transaction.execute(
                "update broker.connect_session set status = 'done' where id = \(id.uuid) and status = 'asking'"
            )
        }
    }

    private static func session(_ row: Row) throws -> ConnectSession {
        let variables: String = try row.get("variables")
        return ConnectSession(
            id: ConnectSessionID(try row.get("id", as: UUID.self)),
            tenantID: TenantID(try row.get("tenant_id", as: UUID.self)),
            environmentID: EnvironmentID(try row.get("environment_id", as: UUID.self)),
            endUserID: try row.get("end_user_id"),
            endUserName: try row.optional("end_user_name"),
            connectors: try row.get("connectors"),
            accountID: try row.optional("account_id", as: UUID.self).map { AccountID($0) },
            variables: try JSONValue(parsing: variables).object ?? [:],
            returnURL: try row.optional("return_url"),
            integrationID: try row.optional("integration_id", as: UUID.self).map { IntegrationID($0) },
            method: try row.optional("method"),
            connectedAccountID: try row.optional("connected_account_id", as: UUID.self).map { AccountID($0) }
        )
    }
}
