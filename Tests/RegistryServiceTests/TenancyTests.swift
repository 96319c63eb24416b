import Cryptography
import HTTPTypes
import JSONValue
import Postgres
import RegistryService
import ServiceKit
import Testing
import Vocabulary

/// What one tenant's key may see and change, and what others learn of it: nothing.
struct TenancyTests {
    @Test func `an API key is shown once, kept as a digest, and dead when it is revoked`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("Fjord")
        #expect(tenant.key.hasPrefix("trib_"))
        let seen = try await world.ask(.get, "/admin/v1/tenants/\(tenant.id)", key: tenant.key)
        #expect(seen.status == 200)
        let listed = try await world.ask(.get, "/admin/v1/api-keys", key: tenant.key)
        #expect(!listed.body.text().contains(tenant.key))
        let id = try #require(listed.body["result"]?[0]?["id"]?.string)
        let stored = try await world.pool.transaction(context: ["app.scope": "service"]) { transaction in
            try await transaction.query("select t::text as row from registry.api_key t")
        }
        for row in stored { #expect(try !row.get("row", as: String.self).contains(tenant.key)) }
        #expect(try await world.ask(.delete, "/admin/v1/api-keys/\(id)", key: tenant.key).status == 204)
        let refused = try await world.ask(.get, "/admin/v1/tenants/\(tenant.id)", key: tenant.key)
        #expect(refused.status == 401)
        #expect(refused.code == "unauthorized")
    }

    @Test func `a revoked key is told to those who cache it`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("Fjord")
        let listed = try await world.ask(.get, "/admin/v1/api-keys", key: tenant.key)
        let id = try #require(listed.body["result"]?[0]?["id"]?.string)
        let before = try await world.ask(.get, "/internal/v1/changes", as: .service(.executor))
        let latest = try #require(before.body["latest"]?.int)
        _ = try await world.ask(.delete, "/admin/v1/api-keys/\(id)", key: tenant.key)
        let after = try await world.ask(.get, "/internal/v1/changes?after=\(latest)", as: .service(.executor))
        #expect(after.body["changes"]?[0]?["kind"] == "api_key")
        #expect(after.body["changes"]?[0]?["id"]?.string == id)
        let digest = try OpenSSLDigests().digest(.sha256, of: Array(tenant.key.utf8))
            .map { String($0, radix: 16).count == 1 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        let verified = try await world.ask(
            .post,
            "/internal/v1/api-keys/verify",
            ["key_sha256": .string(digest)],
            as: .service(.executor)
        )
        #expect(verified.body["revoked"] == true)
    }

    @Test func `what belongs to another tenant is not found, in the words for what never was`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let (mine, other) = (try await world.tenant("Fjord"), try await world.tenant("Harbour"))
        let account = try await world.account(of: other)
        let integrations = try await world.ask(.get, "/admin/v1/integrations", key: other.key)
        let integration = try #require(integrations.body["result"]?[0]?["id"]?.string)
        let never = "0190c0de-0000-7000-8000-000000000000"
        let paths: [(HTTPRequest.Method, (String) -> String, String, JSONValue?)] = [
            (.get, { "/admin/v1/tenants/\($0)" }, other.id, nil),
            (.get, { "/admin/v1/environments/\($0)" }, other.environment, nil),
            (.patch, { "/admin/v1/environments/\($0)" }, other.environment, ["return_urls": []]),
            (.get, { "/admin/v1/integrations/\($0)" }, integration, nil),
            (.delete, { "/admin/v1/integrations/\($0)" }, integration, nil),
            (.get, { "/admin/v1/integrated-accounts/\($0)" }, account, nil),
            (.patch, { "/admin/v1/integrated-accounts/\($0)" }, account, ["label": "mine"]),
            (.delete, { "/admin/v1/integrated-accounts/\($0)" }, account, nil),
            (.get, { "/admin/v1/config/account/\($0)/acme" }, account, nil),
            (.get, { "/admin/v1/config/environment/\($0)/acme" }, other.environment, nil),
        ]
        for (method, path, id, body) in paths {
            let foreign = try await world.ask(method, path(id), body, key: mine.key)
            let missing = try await world.ask(method, path(never), body, key: mine.key)
            #expect(foreign.status == 404, "\(method) \(path(id))")
            #expect(foreign.body["message"] == missing.body["message"], "\(method) \(path(id))")
        }
        for path in ["tenants", "environments", "integrations", "integrated-accounts", "api-keys", "audit-log"] {
            let listed = try await world.ask(.get, "/admin/v1/\(path)", key: mine.key)
            #expect(listed.status == 200, "\(path)")
            #expect(!listed.body.text().contains(other.id), "\(path)")
        }
        let stillThere = try await world.ask(.get, "/admin/v1/integrated-accounts/\(account)", key: other.key)
        #expect(stillThere.status == 200)
    }

    @Test func `a tenant's key makes no tenant, no connector and no platform key`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("Fjord")
        let wishes: [(String, JSONValue)] = [
            ("/admin/v1/tenants", ["name": "Another"]),
            ("/admin/v1/connectors/acme/versions", ["document": RegistryWorld.acme]),
            ("/admin/v1/connectors/acme/publish", ["version": 1]),
        ]
        for (path, body) in wishes {
            #expect(try await world.ask(.post, path, body, key: tenant.key).code == "forbidden_scope", "\(path)")
        }
        let key = try await world.ask(
            .post,
            "/admin/v1/api-keys",
            ["name": "more", "scopes": ["platform"]],
            key: tenant.key
        )
        #expect(key.status == 400)
        #expect(key.body["details"]?["failures"]?[0]?["pointer"] == "/scopes/0")
    }

    @Test func `every table of a tenant is closed to a session that names none`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        _ = try await world.account(of: try await world.tenant("Fjord"))
        let tables = try await world.pool.query(
            """
            select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as closed
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
            where n.nspname = 'registry' and c.relkind = 'r'
            """
        )
        #expect(tables.count >= 5)
        for table in tables {
            let name: String = try table.get("name")
            #expect(try table.get("closed", as: Bool.self), "\(name) has no forced row level security")
            let rows = try? await world.pool.query(
                Query(stringLiteral: "select 1 from registry.\(name) where tenant_id is not null")
            )
            #expect(rows?.isEmpty != false, "\(name) shows rows without a tenant")
        }
        let role = try await world.pool.query(
            "select rolsuper or rolbypassrls as free from pg_roles where rolname = current_user"
        )
        #expect(try role.first?.get("free", as: Bool.self) == false)
    }

    @Test func `deleting an account is told to those who keep its credentials`() async throws {
        let world = try await RegistryWorld()
        try await world.publishAcme()
        let tenant = try await world.tenant("Fjord")
        let account = try await world.account(of: tenant)
        let deleted = try await world.ask(.delete, "/admin/v1/integrated-accounts/\(account)", key: tenant.key)
        #expect(deleted.status == 204)
        let told = try await world.ask(.get, "/internal/v1/account-deletions", as: .service(.broker))
        #expect(told.body["result"]?[0]?["account_id"]?.string == account)
        let noted = try await world.ask(
            .post,
            "/internal/v1/account-deletions/acknowledge",
            ["account_ids": [.string(account)]],
            as: .service(.broker)
        )
        #expect(noted.status == 204)
        let later = try await world.ask(.get, "/internal/v1/account-deletions", as: .service(.broker))
        #expect(later.body["result"] == [])
    }
}
