import JSONValue

/// What one simulated vendor remembers: its records, codes, revocations, lists under way and faults to come.
struct VendorState: Sendable {
    /// What a user allowed, until its code is exchanged.
    struct Consent: Sendable {
        let redirectURI: String
        let challenge: String?
        let scope: String
    }

    /// A fault that the next requests meet.
    struct Fault: Sendable {
        let name: String
        var times: Int
        /// Only for paths that hold this text.
        let path: String
    }

    var records: [String: [JSONValue]]
    /// What was there once, as `collection/id`.
    var deleted: Set<String> = []
    var consents: [String: Consent] = [:]
    /// Grants that were revoked, and refresh tokens that were used up by rotation.
    var revoked: Set<String> = []
    var locators: [String: [JSONValue]] = [:]
    var faults: [Fault] = []
    var hits: [String: [Double]] = [:]
    private var lastID = 0

    init(_ definition: SandboxDefinition) {
        records = definition.collections.mapValues(\.records)
    }

    /// The next number, for ids and tokens.
    mutating func nextNumber() -> Int {
        lastID += 1
        return lastID
    }
}
