import JSONValue

/// What one simulated vendor remembers: its records, the tokens it gave, lists under way and faults to come.
struct VendorState: Sendable {
    /// A grant that a user allowed.
    struct Grant: Sendable {
        var code: String?
        var redirectURI = ""
        var challenge: String?
        var scope = ""
    }

    struct AccessToken: Sendable {
        let grant: Int
        let expires: Double
    }

    /// A fault that the next requests meet.
    struct Fault: Sendable {
        let name: String
        var times: Int
        /// Only for paths that hold this text.
        let path: String
    }

    var records: [String: [JSONValue]]
    var grants: [Int: Grant] = [:]
    var codes: [String: Int] = [:]
    var accessTokens: [String: AccessToken] = [:]
    var refreshTokens: [String: Int] = [:]
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
