import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct ListenAndMigrateTests {
    @Test func `a listener hears what is sent after it says it is ready, also after its connection was cut`()
        async throws
    {
        let config = try await TestDatabase.make()
        let pool = PostgresPool(config)
        var heard = pool.listen("news").makeAsyncIterator()
        #expect(await heard.next() == "")
        try await pool.execute("select pg_notify('news', \("one"))")
        #expect(await heard.next() == "one")
        try await pool.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()"
        )
        #expect(await heard.next() == "")
        try await pool.execute("select pg_notify('news', \("two"))")
        #expect(await heard.next() == "two")
    }

    @Test func `migrations are applied once, in order, by whoever comes first`() async throws {
        let config = try await TestDatabase.make()
        let migrations = [
            Migration(name: "0001_first", sql: "create table a (x int); insert into a values (1);"),
            Migration(name: "0002_second", sql: "alter table a add column y text default 'it''s';"),
        ]
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask { try await Migrator(migrations, scope: "s").migrate(PostgresPool(config)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ["0001_first", "0002_second"])
    }

    @Test func `a changed or lost migration is refused with its name`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let first = Migration(name: "0001_first", sql: "create table a (x int);")
        _ = try await Migrator([first], scope: "s").migrate(pool)
        for wrong in [[Migration(name: "0001_first", sql: "create table b (x int);")], []] {
            let error = await #expect(throws: PostgresError.self) {
                try await Migrator(wrong, scope: "s").migrate(pool)
            }
            #expect(error?.reason == .migration)
            #expect(error?.message.contains("s/0001_first.sql") == true)
        }
    }

    @Test func `a migration that fails leaves nothing behind`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let broken = Migration(name: "0001_broken", sql: "create table a (x int); select 1/0;")
        await #expect(throws: PostgresError.self) { try await Migrator([broken], scope: "s").migrate(pool) }
        #expect(try await pool.query("select to_regclass('a') as t")[0].optional("t", as: String.self) == nil)
        let mended = Migration(name: "0001_broken", sql: "create table a (x int);")
        #expect(try await Migrator([mended], scope: "s").migrate(pool) == ["0001_broken"])
    }

    @Test(arguments: [
        "2026-11-24T02:26:00Z", "2026-11-24T02:26:00.5Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z",
        "2024-02-29T12:00:00.000001Z",
    ])
    func `timestamps keep their text form`(text: String) throws {
        #expect(try #require(Timestamp(postgresText: text)).description == text)
    }
}
