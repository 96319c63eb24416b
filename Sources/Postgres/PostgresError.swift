/// Why the database did not do what it was asked.
///
/// Neither the text nor the fields hold a bound value: Postgres quotes those only in DETAIL, HINT and CONTEXT, which are
/// never read.
package struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed set of reasons.
    package enum Reason: String, Sendable, CaseIterable {
        /// No connection, or it was lost; a statement under way may or may not have been done.
        case connectionFailed
        /// Every connection was busy for as long as the caller could wait.
        case poolExhausted
        /// The server refused the statement; `sqlState` says why.
        case refused
        /// The statement took longer than allowed; it was cancelled.
        case timeout
        /// The task that asked was cancelled.
        case cancelled
        /// A bound value or a column has a form that the type asked for does not have.
        case wrongType
        /// A migration is not what was applied, or is missing.
        case migration
    }

    /// Why.
    package let reason: Reason
    /// The five characters of the SQL standard, such as `23505`, when the server answered.
    package let sqlState: String?
    /// The constraint that was broken.
    package let constraint: String?
    /// The table concerned.
    package let table: String?
    /// For the log: what was being done and what the server's primary message says.
    package let message: String

    init(
        _ reason: Reason,
        _ message: String,
        sqlState: String? = nil,
        constraint: String? = nil,
        table: String? = nil
    ) {
        self.reason = reason
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.table = table
    }

    /// Whether a unique constraint was broken (23505).
    package var isUniqueViolation: Bool { sqlState == "23505" }
    /// Whether a foreign key was broken (23503).
    package var isForeignKeyViolation: Bool { sqlState == "23503" }
    /// Whether the transaction may be tried again as a whole: serialization failure (40001) or deadlock (40P01).
    package var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }
    /// Whether the database could not be reached at all, so that the caller may try later.
    package var isUnavailable: Bool {
        switch reason {
        case .connectionFailed, .poolExhausted, .timeout: true
        // Class 57 is operator intervention (shutdown, crash), 53 insufficient resources.
        case .refused: sqlState?.hasPrefix("57P") == true || sqlState?.hasPrefix("53") == true
        case .cancelled, .wrongType, .migration: false
        }
    }

    package var description: String {
        [reason.rawValue, sqlState, message].compactMap { $0 }.joined(separator: ": ")
    }
}
