import Dispatch
import Synchronization

/// A bounded set of connections, opened when they are needed and replaced when they break.
package final class PostgresPool: Sendable {
    /// What a waiting caller gets: a connection, or the right to open one.
    private enum Grant: Sendable {
        case connection(PostgresConnection)
        case slot
    }

    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Grant, any Error>
    }

    private struct State {
        var idle: [PostgresConnection] = []
        var open = 0
        var waiters: [Waiter] = []
        var nextID = 0
        var isClosed = false
    }

    /// How to reach the database.
    package let config: PostgresConfig
    private let state = Mutex(State())

    /// Makes a pool; nothing is opened before it is used.
    package init(_ config: PostgresConfig) {
        self.config = config
    }

    /// Runs one statement and gives its rows.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    package func query(_ query: Query) async throws -> [Row] {
        try await withConnection { try await $0.run(query).rows }
    }

    /// Runs one statement under settings such as `app.tenant_id`, in a transaction and a round trip of its own, and gives its
    /// rows.
    ///
    /// - Throws: ``PostgresError``.
    package func query(_ query: Query, context: [String: String]) async throws -> [Row] {
        try await withConnection { connection in
            // What is sent in one pipeline is one transaction, so the settings end with it.
            try await connection.run(query, after: TransactionOpening(Self.settings(context))).rows
        }
    }

    /// Runs one statement and gives the number of rows it changed.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    package func execute(_ query: Query) async throws -> Int {
        try await withConnection { try await $0.run(query).changed }
    }

    /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
    ///
    /// Its beginning travels with its first statement, so that it costs no round trip of its own.
    ///
    /// - Parameters:
    ///   - context: settings such as `app.tenant_id`, in force until the transaction ends (`SET LOCAL`).
    ///   - isolation: how much of what others do at the same time shows.
    ///   - body: the statements.
    /// - Returns: What `body` returns.
    /// - Throws: what `body` throws; ``PostgresError``. After `connectionFailed` from the commit itself, whether it was
    ///   done is unknown.
    @discardableResult
    package func transaction<Value: Sendable>(
        context: [String: String] = [:],
        isolation: PostgresIsolation = .readCommitted,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try await withConnection { connection in
            let opening = TransactionOpening(
                [Query(stringLiteral: "begin isolation level \(isolation.rawValue)")] + Self.settings(context)
            )
            do {
                let value = try await body(PostgresTransaction(connection: connection, opening: opening))
                // Without a statement nothing began.
                if opening.take().isEmpty { try await connection.run("commit") }
                return value
            } catch {
                // Not cancelled with the task: the connection must be clean before another caller has it.
                await Self.rollBack(connection)
                throw error
            }
        }
    }

    /// The payloads sent to `channel`, as long as the stream is read; an empty one after each (re)connection, because
    /// what was sent before is lost: read the state again.
    package func listen(_ channel: String) -> AsyncStream<String> {
        PostgresListener(config: config, channel: channel).payloads()
    }

    /// Closes idle connections and refuses further callers.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            state.idle = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: Self.closed) }
    }

    func withConnection<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await checkOut()
        defer { checkIn(connection) }
        return try await body(connection)
    }

    private static let closed = PostgresError(.connectionFailed, "the pool is closed")

    private static func settings(_ context: [String: String]) -> [Query] {
        context.map { name, value in "select set_config(\(name), \(value), true)" }
    }

    private static func rollBack(_ connection: PostgresConnection) async {
        guard !connection.isBroken else { return }
        await connection.rollBack()
    }

    // MARK: Taking and giving back

    private func checkOut() async throws -> PostgresConnection {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let grant = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(Waiter(id: id, continuation: continuation))
            }
        } onCancel: {
            fail(id, PostgresError(.cancelled, "the task was cancelled while it waited for a connection"))
        }
        switch grant {
        case .connection(let connection): return connection
        case .slot:
            do {
                return try await PostgresConnection.open(config)
            } catch {
                releaseSlot()
                throw error
            }
        }
    }

    private func enqueue(_ waiter: Waiter) {
        let outcome: Result<Grant, any Error>? = state.withLock { state in
            if state.isClosed { return .failure(Self.closed) }
            if Task.isCancelled {
                return .failure(PostgresError(.cancelled, "the task was cancelled before it had a connection"))
            }
            if let connection = state.idle.popLast() { return .success(.connection(connection)) }
            if state.open < config.connectionsMax {
                state.open += 1
                return .success(.slot)
            }
            state.waiters.append(waiter)
            return nil
        }
        if let outcome {
            waiter.continuation.resume(with: outcome)
            return
        }
        let id = waiter.id
        DispatchQueue.global().asyncAfter(deadline: .now() + config.acquireTimeout / .seconds(1)) { [weak self] in
            self?.fail(id, PostgresError(.poolExhausted, "every connection was busy for too long"))
        }
    }

    private func fail(_ id: Int, _ error: PostgresError) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: error)
    }

    private func checkIn(_ connection: PostgresConnection) {
        if connection.isBroken {
            releaseSlot()
            return
        }
        let waiter = state.withLock { state -> Waiter? in
            if state.isClosed {
                state.open -= 1
                return nil
            }
            if state.waiters.isEmpty {
                state.idle.append(connection)
                return nil
            }
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: .connection(connection))
    }

    private func releaseSlot() {
        let waiter = state.withLock { state -> Waiter? in
            // A connection broke, so the idle ones are likely dead too (the server restarted): each is new from here.
            state.open -= state.idle.count
            state.idle = []
            if state.waiters.isEmpty || state.isClosed {
                state.open -= 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: .slot)
    }
}
