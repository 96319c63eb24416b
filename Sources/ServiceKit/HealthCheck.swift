/// One condition that must hold before a service takes requests.
package struct HealthCheck: Sendable {
    /// Names the condition in `/health/ready`, such as `database`.
    package let name: String
    /// Returns when the condition holds and throws when it does not.
    ///
    /// It is given two seconds.
    package let check: @Sendable () async throws -> Void

    /// Describes a condition.
    package init(_ name: String, check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.check = check
    }
}
