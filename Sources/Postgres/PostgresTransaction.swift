import Synchronization

/// How much of what others do at the same time a transaction sees.
package enum PostgresIsolation: String, Sendable {
    case readCommitted = "read committed"
    case repeatableRead = "repeatable read"
    case serializable
}

/// An open transaction.
///
/// It must not be used after the closure that it was given to.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let opening: TransactionOpening

    /// Runs one statement and gives its rows.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be left by throwing.
    @discardableResult
    package func query(_ query: Query) async throws -> [Row] {
        try await connection.run(query, after: opening).rows
    }

    /// Runs one statement and gives the number of rows it changed.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be left by throwing.
    @discardableResult
    package func execute(_ query: Query) async throws -> Int {
        try await connection.run(query, after: opening).changed
    }
}

/// The statements that begin a transaction: the first statement in it takes them along.
final class TransactionOpening: Sendable {
    private let statements: Mutex<[Query]>

    init(_ statements: [Query]) {
        self.statements = Mutex(statements)
    }

    /// What has not been taken along yet.
    func take() -> [Query] {
        statements.withLock { statements in
            defer { statements = [] }
            return statements
        }
    }
}
