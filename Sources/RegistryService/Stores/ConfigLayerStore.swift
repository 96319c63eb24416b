import FoundationEssentials
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// The address of a layer: a level, whose layer it is, and of which connector.
struct LayerAddress: Sendable, Hashable {
    let level: OverrideLevel
    let scopeID: UUID
    let connector: String
    let tenantID: TenantID?

    /// The platform's layer of a connector.
    static func platform(_ connector: String) -> LayerAddress {
        LayerAddress(
            level: .platform,
            scopeID: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
            connector: connector,
            tenantID: nil
        )
    }
}

/// A version of a layer, as stored.
struct LayerRow: Sendable {
    let version: Int
    let document: String
    let author: String
    let note: String?
    let isPublished: Bool
    let createdAt: Timestamp

    init(_ row: Row) throws {
        version = try row.get("version")
        document = try row.get("document")
        author = try row.get("author")
        note = try row.optional("note")
        isPublished = try row.get("is_published")
        createdAt = try row.get("created_at")
    }
}

/// The versioned layers of the connectors' configuration.
///
/// Versions are immutable; a pointer says which is in force.
struct ConfigLayerStore: Sendable {
    let pool: PostgresPool

    private static let columns: Query = """
        l.version, l.document, l.author, l.note, l.created_at, coalesce(p.version = l.version, false) as is_published
        """
    private static let tables: Query = """
        registry.config_layer l left join registry.config_pointer p
            on (p.level, p.scope_id, p.connector) = (l.level, l.scope_id, l.connector)
        """

    /// The newest version, or the one named.
    func layer(_ address: LayerAddress, version: Int? = nil, scope: TenantScope) async throws -> LayerRow? {
        try await pool.transaction(context: scope.context) { transaction in
            try await Self.layer(address, version: version, in: transaction)
        }
    }

    private static func layer(
        _ address: LayerAddress,
        version: Int?,
        in transaction: PostgresTransaction
    ) async throws -> LayerRow? {
        try await transaction.query(
            """
            select \(columns) from \(tables)
            where l.level = \(address.level.rawValue) and l.scope_id = \(address.scopeID)
              and l.connector = \(address.connector) and (\(version)::bigint is null or l.version = \(version))
            order by l.version desc limit 1
            """
        ).first.map(LayerRow.init)
    }

    /// The versions, newest first.
    func revisions(_ address: LayerAddress, scope: TenantScope) async throws -> [LayerRow] {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                """
                select \(Self.columns) from \(Self.tables)
                where l.level = \(address.level.rawValue) and l.scope_id = \(address.scopeID)
                  and l.connector = \(address.connector)
                order by l.version desc limit 200
                """
            ).map(LayerRow.init)
        }
    }

    /// The published platform layers, by connector.
    func publishedPlatform(scope: TenantScope) async throws -> [(connector: String, layer: LayerRow)] {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                """
                select l.connector, \(Self.columns) from \(Self.tables)
                where l.level = 'platform' and p.version = l.version order by l.connector
                """
            ).map { (try $0.get("connector"), try LayerRow($0)) }
        }
    }

    /// Adds a version after `expected`, the newest one's number (nil: there must be none yet).
    ///
    /// - Returns: The new row; nil when the newest version is not the expected one.
    func append(
        _ document: String,
        to address: LayerAddress,
        after expected: Int?,
        note: String?,
        publish: Bool,
        scope: TenantScope,
        by actor: Actor
    ) async throws -> LayerRow? {
        try await pool.transaction(context: scope.context) { transaction in
            // One writer at a time and layer; the primary key would catch a second one anyway.
            try await transaction.execute(
                "select pg_advisory_xact_lock(hashtextextended(\(address.lockName), 7410))"
            )
            let newest = try await Self.layer(address, version: nil, in: transaction)
            guard newest?.version == expected else { return nil }
            let version = (expected ?? 0) + 1
            try await transaction.execute(
                """
                insert into registry.config_layer
                    (level, scope_id, connector, version, tenant_id, document, checksum, author, note)
                values (\(address.level.rawValue), \(address.scopeID), \(address.connector), \(version)::bigint::int,
                    \(address.tenantID?.uuid), \(document), sha256(convert_to(\(document), 'UTF8')), \(actor.name), \(note))
                """
            )
            try await AuditStore.record(
                "config_layer.written",
                "\(address.lockName)/\(version)",
                tenant: address.tenantID,
                by: actor,
                in: transaction
            )
            if publish { try await Self.publish(version, of: address, by: actor, in: transaction) }
            return try await Self.layer(address, version: version, in: transaction)
        }
    }

    /// Puts a version in force; false when there is no such version.
    func publish(_ version: Int, of address: LayerAddress, scope: TenantScope, by actor: Actor) async throws -> Bool {
        try await pool.transaction(context: scope.context) { transaction in
            guard try await Self.layer(address, version: version, in: transaction) != nil else { return false }
            try await Self.publish(version, of: address, by: actor, in: transaction)
            return true
        }
    }

    private static func publish(
        _ version: Int,
        of address: LayerAddress,
        by actor: Actor,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            insert into registry.config_pointer (level, scope_id, connector, version, tenant_id)
            values (\(address.level.rawValue), \(address.scopeID), \(address.connector), \(version)::bigint::int, \(address.tenantID?.uuid))
            on conflict (level, scope_id, connector) do update set version = excluded.version, published_at = now()
            """
        )
        try await ChangeStore.record(.configuration, address.connector, in: transaction)
        try await AuditStore.record(
            "config_layer.published",
            "\(address.lockName)/\(version)",
            tenant: address.tenantID,
            by: actor,
            in: transaction
        )
    }

    /// What is in force for an account of `environment`, weakest first.
    func published(
        connector: String,
        environment: EnvironmentID,
        account: AccountID?
    ) async throws -> [ConfigLayerRecord] {
        let rows = try await pool.query(
            """
            select l.level, l.version, l.document
            from registry.config_pointer p join registry.config_layer l
                on (l.level, l.scope_id, l.connector, l.version) = (p.level, p.scope_id, p.connector, p.version)
            where p.connector = \(connector)
              and (p.level = 'platform'
                   or (p.level = 'environment' and p.scope_id = \(environment.uuid))
                   or (p.level = 'account' and p.scope_id = \(account?.uuid)))
            """,
            context: TenantScope.service.context
        )
        return try rows.map(Self.record).sorted { $0.level < $1.level }
    }

    private static func record(_ row: Row) throws -> ConfigLayerRecord {
        guard let level = OverrideLevel(rawValue: try row.get("level")) else {
            throw Problem(.internalError, "a layer has an unknown level")
        }
        let text: String = try row.get("document")
        return ConfigLayerRecord(
            level: level,
            version: try row.get("version"),
            document: try JSONValue(parsing: Array(text.utf8), policy: .vendor)
        )
    }
}

extension LayerAddress {
    /// Names the layer in locks and in the audit log.
    var lockName: String { "\(level.rawValue)/\(scopeID.uuidString.lowercased())/\(connector)" }
}
