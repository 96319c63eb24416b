import Cryptography
import Foundation
import Postgres
import Testing
import VaultContract
import Vocabulary

@testable import VaultService

/// What is stored opens as it was, where it was, or not at all.
struct SealingTests {
    private let values = ["access_token": "canary-access", "refresh_token": "canary-refresh"]

    @Test func `a grant comes back as it was stored, and each one counts an epoch`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        #expect(try await world.open(address) == nil)
        let first = try await world.put(values, at: address)
        #expect(first == CredentialVersion(version: 1, grantEpoch: 1))
        #expect(try await world.open(address) == values)
        let second = try await world.put(["access_token": "b"], at: address)
        #expect(second == CredentialVersion(version: 2, grantEpoch: 2))
        #expect(try await world.open(address) == ["access_token": "b"])
        let record = try await world.vault.open(address, by: world.caller)
        #expect(record?.status == .active)
    }

    @Test func `the databases hold no credential in clear`() async throws {
        let world = try await VaultWorld()
        try await world.put(values, at: world.address())
        for (pool, schema) in [(world.credentialsAdmin, "vault"), (world.keysAdmin, "keys")] {
            let tables = try await pool.query(
                "select table_name from information_schema.tables where table_schema = \(schema)"
            )
            #expect(!tables.isEmpty)
            for table in tables {
                let name: String = try table.get("table_name")
                let rows = try await pool.query(Query(stringLiteral: "select t::text as row from \(schema).\(name) t"))
                for row in rows {
                    let text: String = try row.get("row")
                    #expect(!text.contains("canary"))
                    // The hexadecimal digits of "canary".
                    #expect(!text.contains("63616e617279"))
                }
            }
        }
    }

    @Test func `any bit changed in what is stored makes it unreadable`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(values, at: address)
        let places: [(PostgresPool, table: String, column: String)] = [
            (world.credentialsAdmin, "vault.credential_version", "sealed"),
            (world.keysAdmin, "keys.owner_key", "wrapped"), (world.keysAdmin, "keys.owner_key", "commitment"),
            (world.keysAdmin, "keys.tenant_key", "wrapped"), (world.keysAdmin, "keys.tenant_key", "commitment"),
        ]
        for (pool, table, column) in places {
            let row = try await pool.query(Query(stringLiteral: "select length(\(column)) as size from \(table)")).first
            let size: Int = try #require(row).get("size")
            for bit in stride(from: 0, to: size * 8, by: max(1, size * 8 / 40)) {
                let flip: Query = Query(
                    stringLiteral:
                        "update \(table) set \(column) = set_bit(\(column), \(bit), 1 - get_bit(\(column), \(bit)))"
                )
                try await pool.execute(flip)
                #expect(await world.refusal(address) == .credentialUnavailable, "\(table).\(column) bit \(bit)")
                try await pool.execute(flip)
            }
        }
        #expect(try await world.open(address) == values)
    }

    @Test func `a sealed row opens in no other place`() async throws {
        let world = try await VaultWorld()
        let source = world.address()
        try await world.put(values, at: source)
        try await world.put(["access_token": "own"], at: world.address(.app, owner: source.owner))
        let sameTenant = world.address()
        let otherTenant = world.address(tenant: TenantID(UUID()))
        for target in [sameTenant, otherTenant] { try await world.put(["access_token": "own"], at: target) }
        for target in [sameTenant, otherTenant, world.address(.app, owner: source.owner)] {
            try await world.credentialsAdmin.execute(
                """
                update vault.credential_version set sealed = (
                    select sealed from vault.credential_version
                    where owner_id = \(source.owner) and kind = 'access' order by version desc limit 1)
                where owner_id = \(target.owner) and kind = \(target.kind.rawValue)
                """
            )
            #expect(await world.refusal(target) == .credentialUnavailable)
        }
        #expect(try await world.open(source) == values)
    }

    @Test func `an older version put in the place of the current one does not open`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(values, at: address)
        try await world.put(["access_token": "newer"], at: address)
        try await world.credentialsAdmin.execute(
            """
            update vault.credential_version set sealed = (
                select sealed from vault.credential_version where owner_id = \(address.owner) and version = 1)
            where owner_id = \(address.owner) and version = 2
            """
        )
        #expect(await world.refusal(address) == .credentialUnavailable)
    }

    @Test func `a deleted owner's credential cannot be had back from a copy of the data`() async throws {
        let world = try await VaultWorld()
        let (gone, kept) = (world.address(), world.address())
        try await world.put(values, at: gone)
        try await world.put(values, at: kept)
        try await world.credentialsAdmin.execute("create table public.copy as table vault.credential")
        try await world.credentialsAdmin.execute("create table public.copies as table vault.credential_version")
        try await world.vault.shred(gone.owner, tenant: gone.tenant, by: world.caller)
        #expect(try await world.open(gone) == nil)
        try await world.credentialsAdmin.execute(
            "insert into vault.credential select * from public.copy where owner_id = \(gone.owner)"
        )
        try await world.credentialsAdmin.execute(
            "insert into vault.credential_version select * from public.copies where owner_id = \(gone.owner)"
        )
        #expect(await world.refusal(gone) == .credentialUnavailable)
        #expect(await problem { try await world.put(values, at: gone) } == .notFound)
        #expect(try await world.open(kept) == values)
    }

    @Test func `one tenant's session sees nothing of another, and a session without a tenant sees nothing`()
        async throws
    {
        let world = try await VaultWorld()
        try await world.put(values, at: world.address())
        for context in [[:], ["app.tenant_id": ""], ["app.tenant_id": UUID().uuidString]] {
            let counts = try await world.credentials.transaction(context: context) { transaction in
                try await transaction.query(
                    """
                    select (select count(*) from vault.credential) + (select count(*) from vault.credential_version)
                        + (select count(*) from vault.refresh_attempt) + (select count(*) from vault.outbox) as seen
                    """
                )
            }
            #expect(try counts.first?.get("seen", as: Int.self) == 0)
        }
    }

    @Test func `a root key that others may read, or of another length, is refused with the fix`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "root.key")
        func complaint() -> String {
            do {
                _ = try RootKey(file: file)
                return ""
            } catch { return "\(error)" }
        }
        #expect(complaint().contains("does not exist"))
        #expect(try RootKey.create(at: file))
        #expect(try !RootKey.create(at: file))
        #expect(complaint().isEmpty)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        #expect(complaint().contains("chmod 0400"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        try Data([1, 2, 3]).write(to: file)
        #expect(complaint().contains("32 bytes"))
    }
}
