/// How to reach the database and what to grant each caller.
package struct PostgresConfig: Sendable, CustomStringConvertible {
    /// A connection string in either form of libpq; it may hold a password, so it is never printed.
    package let url: String
    /// Connections at most.
    package var connectionsMax: Int
    /// How long a caller waits for a free connection.
    package var acquireTimeout: Duration
    /// Limit of opening a connection.
    package var connectTimeout: Duration
    /// Limit of one statement, by our own clock as well as by the server's.
    package var statementTimeout: Duration

    /// Describes the database.
    package init(
        url: String,
        connectionsMax: Int = 8,
        acquireTimeout: Duration = .seconds(5),
        connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(10)
    ) {
        self.url = url
        self.connectionsMax = connectionsMax
        self.acquireTimeout = acquireTimeout
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
    }

    package var description: String { "PostgresConfig(url: <redacted>, connectionsMax: \(connectionsMax))" }
}
