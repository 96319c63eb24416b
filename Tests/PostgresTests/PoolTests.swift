import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct PoolTests {
    @Test func `values come back as they were bound, whatever they hold`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let hostile = "'; drop table x; -- \u{1F600} \\ \" {a,b}"
        let id = UUID()
        let bytes: [UInt8] = [0, 255, 39, 92]
        let texts = ["a,b", "", "NULL", "\"q\"", "\\", "{}"]
        let moment = Timestamp(microseconds: 1_763_950_000_123_456)
        let rows = try await pool.query(
            """
            select \(hostile)::text as t, \(id) as u, \(bytes) as b, \(texts) as a, \(42) as i, \(true) as y,
                   \(moment) as m, \(nil as Int?) as n, \(JSONText("{\"k\": 1.50}"))::jsonb as j, \([3, -4]) as l
            """
        )
        let row = rows[0]
        #expect(try row.get("t", as: String.self) == hostile)
        #expect(try row.get("u", as: UUID.self) == id)
        #expect(try row.get("b", as: [UInt8].self) == bytes)
        #expect(try row.get("a", as: [String].self) == texts)
        #expect(try row.get("i", as: Int.self) == 42)
        #expect(try row.get("y", as: Bool.self))
        #expect(try row.get("m", as: Timestamp.self) == moment)
        #expect(try row.optional("n", as: Int.self) == nil)
        #expect(try row.get("j", as: JSONText.self).text == "{\"k\": 1.50}")
        #expect(try row.get("l", as: [Int].self) == [3, -4])
    }

    @Test func `a NUL character in text is refused instead of cutting the value short`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        await #expect(throws: PostgresError.self) { try await pool.query("select \("a\u{0}b") as x") }
    }

    @Test func `a wrong type names the column`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let row = try await pool.query("select 'x' as word, null as nothing")[0]
        let error = #expect(throws: PostgresError.self) { try row.get("word", as: Int.self) }
        #expect(error?.message.contains("word") == true)
        #expect(throws: PostgresError.self) { try row.get("nothing", as: String.self) }
        #expect(throws: PostgresError.self) { try row.get("absent", as: String.self) }
    }

    @Test func `an error names the constraint and never the values`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        try await pool.execute("create table secret (id int primary key, word text not null check (word <> 'hidden'))")
        try await pool.execute("insert into secret values (1, \("hunter2"))")
        let unique = await #expect(throws: PostgresError.self) {
            try await pool.execute("insert into secret values (1, \("hunter3"))")
        }
        #expect(unique?.isUniqueViolation == true)
        #expect(unique?.constraint == "secret_pkey")
        let check = await #expect(throws: PostgresError.self) {
            try await pool.execute("insert into secret values (2, \("hidden"))")
        }
        #expect(check?.table == "secret")
        #expect(!String(reflecting: unique).contains("hunter") && !String(reflecting: check).contains("hidden'"))
    }

    @Test func `a transaction is undone when its body throws and its context ends with it`() async throws {
        struct Stop: Error {}
        let pool = PostgresPool(try await TestDatabase.make())
        try await pool.execute("create table t (x int)")
        await #expect(throws: Stop.self) {
            try await pool.transaction(context: ["app.tenant_id": "abc"]) { transaction in
                try await transaction.execute("insert into t values (1)")
                let row = try await transaction.query("select current_setting('app.tenant_id', true) as c")[0]
                #expect(try row.get("c", as: String.self) == "abc")
                throw Stop()
            }
        }
        let row = try await pool.query(
            "select count(*) as n, coalesce(current_setting('app.tenant_id', true), '') as c from t"
        )[0]
        #expect(try row.get("n", as: Int.self) == 0)
        #expect(try row.get("c", as: String.self) == "")
    }

    @Test func `a transaction begins with its first statement, whatever becomes of that`() async throws {
        var config = try await TestDatabase.make()
        config.connectionsMax = 1
        let pool = PostgresPool(config)
        let process = try await pool.query("select pg_backend_pid() as id")[0].get("id", as: Int.self)
        try await pool.transaction { _ in }
        let level = try await pool.transaction(isolation: .repeatableRead) {
            try await $0.query("show transaction_isolation")
        }
        #expect(try level[0].get("transaction_isolation", as: String.self) == "repeatable read")
        await #expect(throws: PostgresError.self) {
            try await pool.transaction(context: ["app.word": "x"]) { try await $0.query("select \("a\u{0}b") as x") }
        }
        await #expect(throws: PostgresError.self) {
            try await pool.transaction(context: ["no setting": "x"]) { try await $0.query("select 1 as x") }
        }
        let sum = try await pool.transaction(context: ["app.word": "x"]) { transaction in
            async let one = transaction.query("select 1 as x")
            async let two = transaction.query("select 2 as x")
            let rows = try await one + two
            return try rows.map { try $0.get("x", as: Int.self) }.reduce(0, +)
        }
        #expect(sum == 3)
        await #expect(throws: PostgresError.self) {
            try await pool.query("select 1 / 0", context: ["app.word": "y"])
        }
        let word = try await pool.query("select current_setting('app.word') as word", context: ["app.word": "y"])
        #expect(try word[0].get("word", as: String.self) == "y")
        let last = try await pool.query("select pg_backend_pid() as id, current_setting('app.word', true) as word")[0]
        #expect(try last.get("id", as: Int.self) == process)
        #expect(try last.optional("word", as: String.self) ?? "" == "")
    }

    @Test func `callers beyond the limit wait, and give up when their time is over`() async throws {
        var config = try await TestDatabase.make()
        config.connectionsMax = 1
        config.acquireTimeout = .milliseconds(50)
        let pool = PostgresPool(config)
        try await pool.transaction { _ in
            let error = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
            #expect(error?.reason == .poolExhausted)
        }
        #expect(try await pool.query("select 1 as x").count == 1)
    }

    @Test func `many callers share few connections without mixing answers`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { try await pool.query("select \(number) as x")[0].get("x", as: Int.self) == number }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test func `a cancelled task stops its statement and leaves the pool usable`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let task = Task { try await pool.query("select pg_sleep(30)") }
        while try await pool.query(
            "select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid() and state = 'active'"
        ).isEmpty {
            await Task.yield()
        }
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.reason == .cancelled)
        #expect(try await pool.query("select 1 as x").count == 1)
    }

    @Test func `a statement that takes too long is ended by the server`() async throws {
        var config = try await TestDatabase.make()
        config.statementTimeout = .milliseconds(100)
        let pool = PostgresPool(config)
        let error = await #expect(throws: PostgresError.self) { try await pool.query("select pg_sleep(30)") }
        #expect(error?.reason == .timeout)
    }

    @Test func `the pool comes back after the server closed its connections`() async throws {
        let config = try await TestDatabase.make()
        let pool = PostgresPool(config)
        let other = PostgresPool(config)
        let pid: Int = try await pool.query("select pg_backend_pid() as p")[0].get("p")
        try await other.query("select pg_terminate_backend(\(pid)::int)")
        let error = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
        #expect(error?.isUnavailable == true)
        #expect(try await pool.query("select 1 as x").count == 1)
    }

    @Test func `an unreachable server is told without its password`() async throws {
        let pool = PostgresPool(PostgresConfig(url: "postgresql://someone:s3cret@127.0.0.1:1/none"))
        let error = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
        #expect(error?.reason == .connectionFailed)
        #expect(!String(reflecting: error).contains("s3cret"))
        #expect(!String(reflecting: pool.config).contains("s3cret"))
    }

    @Test func `a query inside a query keeps its binds in order`() async throws {
        let pool = PostgresPool(try await TestDatabase.make())
        let condition: Query = "a.x > \(2) and a.x < \(9)"
        let rows = try await pool.query(
            "select x from generate_series(\(1), \(20)) as a(x) where \(condition) and x <> \(5) order by x"
        )
        #expect(try rows.map { try $0.get("x", as: Int.self) } == [3, 4, 6, 7, 8])
    }
}
