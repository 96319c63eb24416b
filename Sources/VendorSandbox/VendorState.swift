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
    /// Until when sessions live, in seconds since 1970.
    var sessions: [String: Double] = [:]
    /// Time stamps and nonces of signatures, the newest last.
    private var nonces: [String] = []
    private var lastID = 0

    init(_ definition: SandboxDefinition) {
        records = definition.collections.mapValues(\.records)
    }

    /// Whether a nonce is seen for the first time; the last ten thousand are remembered.
    mutating func isNew(_ nonce: String) -> Bool {
        guard !nonces.contains(nonce) else { return false }
        nonces.append(nonce)
        if nonces.count > 10_000 { nonces.removeFirst(5000) }
        return true
    }

    /// The next number, for ids and tokens.
    mutating func nextNumber() -> Int {
        lastID += 1
        return lastID
    }
}
