import CLibPQ
import Dispatch
import Foundation
import Synchronization

/// One connection.
///
/// libpq blocks and is not for several threads, so every call runs on the connection's own serial queue and never on
/// the cooperative pool.
final class PostgresConnection: @unchecked Sendable {
    // Sendable: `handle` is touched on `queue` alone; what is shared beside it is a Mutex or immutable.
    private let handle: OpaquePointer
    private let queue: DispatchQueue
    private let statementTimeout: Duration
    private let cancellation: CancellationHandle
    private let broken = Mutex(false)

    private init(handle: OpaquePointer, queue: DispatchQueue, statementTimeout: Duration, cancel: OpaquePointer) {
        self.handle = handle
        self.queue = queue
        self.statementTimeout = statementTimeout
        cancellation = CancellationHandle(cancel)
    }

    deinit {
        let handle = UncheckedPointer(handle)
        queue.async { PQfinish(handle.pointer) }
    }

    /// Whether the connection must not be used again: it is lost, or a cancel request is under way that might hit the
    /// next statement instead.
    var isBroken: Bool { broken.withLock { $0 } || cancellation.wasUsed }

    /// Opens a connection with our session settings.
    ///
    /// - Throws: `connectionFailed`; `wrongType` for a connection string that cannot be read.
    static func open(_ config: PostgresConfig) async throws -> PostgresConnection {
        let queue = DispatchQueue(label: "tributary.postgres.connection")
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try connect(config, queue) })
            }
        }
    }

    private static func connect(_ config: PostgresConfig, _ queue: DispatchQueue) throws -> PostgresConnection {
        let timeout = max(1, Int(config.connectTimeout.components.seconds))
        let milliseconds = Int(config.statementTimeout / .milliseconds(1))
        let settings: [(String, String)] = [
            ("dbname", config.url),
            ("connect_timeout", String(timeout)),
            ("client_encoding", "UTF8"),
            ("gssencmode", "disable"),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("fallback_application_name", "tributary"),
            (
                "options",
                "-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c bytea_output=hex "
                    + "-c statement_timeout=\(milliseconds) -c lock_timeout=\(milliseconds) "
                    + "-c idle_in_transaction_session_timeout=60000"
            ),
        ]
        let names = settings.map { strdup($0.0) }
        let values = settings.map { strdup($0.1) }
        defer { for text in names + values { free(text) } }
        // `dbname` is first and expanded, so that what follows wins over the same words in the string.
        let handle = PQconnectdbParams(
            (names + [nil]).map { UnsafePointer($0) },
            (values + [nil]).map { UnsafePointer($0) },
            1
        )
        guard let handle else { throw PostgresError(.connectionFailed, "libpq has no memory for a connection") }
        guard PQstatus(handle) == CONNECTION_OK else {
            let reason = firstLine(PQerrorMessage(handle))
            PQfinish(handle)
            throw PostgresError(.connectionFailed, "no connection to the database: \(reason)")
        }
        tributary_pq_silence(handle)
        guard PQsetnonblocking(handle, 1) == 0, let cancel = PQgetCancel(handle) else {
            PQfinish(handle)
            throw PostgresError(.connectionFailed, "the connection cannot be prepared")
        }
        return PostgresConnection(
            handle: handle,
            queue: queue,
            statementTimeout: config.statementTimeout,
            cancel: cancel
        )
    }

    /// Runs one statement and gives its rows, or no rows and the number of rows it changed.
    ///
    /// - Parameters:
    ///   - query: the statement.
    ///   - opening: what has to come before it, unless another statement took that along.
    /// - Returns: The rows, or the number of rows that were changed.
    /// - Throws: ``PostgresError``. When the task is cancelled the server is told so and `cancelled` is thrown; the
    ///   connection is good again afterwards.
    @discardableResult
    func run(_ query: Query, after opening: TransactionOpening? = nil) async throws -> (rows: [Row], changed: Int) {
        // Taken on the queue, so that it goes first whichever of several statements gets there first.
        try await onQueue { connection in try connection.perform(query, after: opening?.take() ?? []) }
    }

    /// Runs several statements in one text, without binds.
    ///
    /// - Throws: ``PostgresError``.
    func runScript(_ sql: String) async throws {
        try await onQueue { connection in
            guard PQsendQuery(connection.handle, sql) == 1 else { throw connection.lost() }
            _ = try connection.collect()
        }
    }

    /// Ends an open transaction, whatever became of the task: the next caller must find the connection clean.
    func rollBack() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                if !isBroken, PQtransactionStatus(handle) != PQTRANS_IDLE {
                    if PQsendQuery(handle, "rollback") == 1 {
                        _ = try? collect()
                    }
                    if PQtransactionStatus(handle) != PQTRANS_IDLE { broken.withLock { $0 = true } }
                }
                continuation.resume()
            }
        }
    }

    /// Waits up to `timeout` for a notification and gives the payloads that came.
    ///
    /// - Throws: `connectionFailed` when the connection is gone.
    func notifications(within timeout: Duration) async throws -> [String] {
        try await onQueue(cancels: false) { connection in
            _ = try connection.wait(for: Int16(POLLIN), until: ContinuousClock.now + timeout)
            guard PQconsumeInput(connection.handle) == 1 else { throw connection.lost() }
            var payloads: [String] = []
            while let notification = PQnotifies(connection.handle) {
                payloads.append(String(cString: notification.pointee.extra))
                PQfreemem(notification)
            }
            return payloads
        }
    }

    private func onQueue<Value: Sendable>(
        cancels: Bool = true,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try body(self) }) }
            }
        } onCancel: {
            if cancels { cancellation.cancel() }
        }
    }

    // MARK: On the queue

    private func perform(_ query: Query, after opening: [Query]) throws -> (rows: [Row], changed: Int) {
        guard !opening.isEmpty else {
            try send(query)
            return try collect()
        }
        guard PQenterPipelineMode(handle) == 1 else { throw lost() }
        var sent = 0
        var refusal: (any Error)?
        do {
            for statement in opening + [query] {
                try send(statement)
                sent += 1
            }
        } catch {
            refusal = error
        }
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        // The server answers each of them, and does none after the first that fails.
        let answer = Result { try collect(statements: sent) }
        guard isBroken || PQexitPipelineMode(handle) == 1 else { throw lost() }
        if let refusal { throw refusal }
        return try answer.get()
    }

    private func send(_ query: Query) throws {
        var texts: [UnsafeMutablePointer<CChar>?] = []
        defer { for text in texts { free(text) } }
        var lengths: [Int32] = []
        var formats: [Int32] = []
        for (index, bind) in query.binds.enumerated() {
            switch bind.value {
            case nil:
                texts.append(nil)
                lengths.append(0)
                formats.append(0)
            case .text(let text):
                // A C string ends at the first NUL, and so would the value, silently.
                guard !text.utf8.contains(0) else {
                    throw PostgresError(.wrongType, "bind $\(index + 1) holds a NUL character, which text cannot")
                }
                texts.append(strdup(text))
                lengths.append(0)
                formats.append(0)
            case .binary(let bytes):
                guard let owned = malloc(max(1, bytes.count)) else {
                    throw PostgresError(.wrongType, "no memory for bind $\(index + 1)")
                }
                owned.copyMemory(from: bytes, byteCount: bytes.count)
                texts.append(owned.assumingMemoryBound(to: CChar.self))
                lengths.append(Int32(bytes.count))
                formats.append(1)
            }
        }
        let isSent = PQsendQueryParams(
            handle,
            query.sql,
            Int32(query.binds.count),
            query.binds.map(\.type),
            texts.map { UnsafePointer($0) },
            lengths,
            formats,
            0
        )
        guard isSent == 1 else { throw lost() }
    }

    /// Sends what is left to send, reads every result and gives the last one.
    ///
    /// - Parameter statements: how many were sent in one pipeline; nil for a statement without one.
    /// - Returns: The rows, or the number of rows that were changed.
    /// - Throws: ``PostgresError``; of a pipeline the first.
    private func collect(statements: Int? = nil) throws -> (rows: [Row], changed: Int) {
        // The server's own limit comes first; this one is for a server that does not answer at all.
        let deadline = ContinuousClock.now + statementTimeout + .seconds(2)
        while true {
            let left = PQflush(handle)
            guard left >= 0 else { throw lost() }
            guard left == 1 else { break }
            let events = try wait(for: Int16(POLLIN | POLLOUT), until: deadline)
            guard events != 0 else { throw gaveUp() }
            // Both sides may be full: what the server sends must be taken, or it takes nothing from us.
            if events & Int16(POLLIN) != 0, PQconsumeInput(handle) != 1 { throw lost() }
        }
        var answer: (rows: [Row], changed: Int) = ([], 0)
        var failure: PostgresError?
        var left = statements
        while true {
            while PQisBusy(handle) == 1 {
                guard try wait(for: Int16(POLLIN), until: deadline) != 0 else { throw gaveUp() }
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            }
            guard let result = PQgetResult(handle) else {
                // In a pipeline it ends the answer to one statement.
                guard let more = left, more > 0 else { break }
                left = more - 1
                continue
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC: left = 0
            case PGRES_PIPELINE_ABORTED: break
            case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE:
                answer = (rows(of: result), Int(String(cString: PQcmdTuples(result))) ?? 0)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                answer = ([], Int(String(cString: PQcmdTuples(result))) ?? 0)
            default:
                failure = failure ?? error(of: result)
            }
        }
        if PQstatus(handle) != CONNECTION_OK {
            broken.withLock { $0 = true }
            throw failure.map { PostgresError(.connectionFailed, $0.message, sqlState: $0.sqlState) } ?? lost()
        }
        if let failure { throw failure }
        return answer
    }

    private func rows(of result: OpaquePointer) -> [Row] {
        let width = PQnfields(result)
        var columns: [String: Int] = [:]
        for index in 0..<width { columns[String(cString: PQfname(result, index))] = Int(index) }
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: columns,
                values: (0..<width).map { column in
                    guard PQgetisnull(result, row, column) == 0 else { return nil }
                    let bytes = UnsafeRawBufferPointer(
                        start: PQgetvalue(result, row, column),
                        count: Int(PQgetlength(result, row, column))
                    )
                    return String(decoding: bytes, as: UTF8.self)
                }
            )
        }
    }

    private func error(of result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let sqlState = field("C")
        // 57014 is both the server's statement timeout and our own cancel request.
        let reason: PostgresError.Reason =
            sqlState == "57014" ? (cancellation.wasUsed ? .cancelled : .timeout) : .refused
        return PostgresError(
            reason,
            field("M") ?? Self.firstLine(PQresultErrorMessage(result)),
            sqlState: sqlState,
            constraint: field("n"),
            table: field("t")
        )
    }

    private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws -> Int16 {
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline))
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let ready = poll(&descriptor, 1, Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up))))
            if ready > 0 { return descriptor.revents }
            if ready == 0 { return 0 }
            guard errno == EINTR else { throw lost() }
        }
    }

    private func lost() -> PostgresError {
        broken.withLock { $0 = true }
        return PostgresError(.connectionFailed, "the connection to the database was lost")
    }

    private func gaveUp() -> PostgresError {
        broken.withLock { $0 = true }
        return PostgresError(.timeout, "the database did not answer in time")
    }

    /// libpq's messages may quote row data in later lines; the first says what happened.
    private static func firstLine(_ message: UnsafePointer<CChar>?) -> String {
        message.map { String(cString: $0) }?.split(separator: "\n").first.map(String.init) ?? "unknown error"
    }

    private static func firstLine(_ message: UnsafeMutablePointer<CChar>?) -> String {
        firstLine(message.map { UnsafePointer($0) })
    }
}
