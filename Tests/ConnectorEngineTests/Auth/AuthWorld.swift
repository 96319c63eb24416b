import ConnectorConfig
import ConnectorEngine
import Cryptography
import Foundation
import HTTPExchange
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// An invented vendor that is connected in one way, and a hand that carries out what its tokens take.
struct AuthWorld {
    static let identity = ConnectionIdentity(
        partition: "p",
        clientCertificate: ConnectionIdentity.ClientCertificate(chainPEM: [1], privateKeyPEM: [2])
    )

    let document: ConnectorDocument
    var variables: JSONObject = ["host": "login.acme.example", "tenant": "t1"]
    let clock = Mutable(1_795_600_000)

    /// A value that tests change.
    final class Mutable: Sendable {
        private let state: Mutex<Int>
        init(_ value: Int) { state = Mutex(value) }
        var value: Int {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    init(_ words: JSONValue, errors: JSONValue = []) throws {
        document = try ConnectorDocument([
            "name": "acme", "hosts": ["*.acme.example", "*.amazonaws.com", "*.example.net", "example.com"],
            "http": ["base_url": "https://api.acme.example/v1"], "auth": ["way": words], "errors": errors,
        ])
    }

    var method: AuthMethod {
        get throws { try #require(document.authMethod("way")) }
    }

    var tools: SigningTools {
        SigningTools(digests: OpenSSLDigests()) { [clock] in clock.value }
    }

    func source(_ values: [String: String] = [:]) throws -> any TokenSource {
        try #require(try method.tokenSource(connector: document, values: values, variables: variables))
    }

    func material(
        _ values: [String: String] = [:],
        client: OAuthClient? = nil,
        isSpent: Bool = true
    ) -> TokenMaterial {
        TokenMaterial(client: client, values: values, isSpent: isSpent, identity: Self.identity, tools: tools)
    }

    /// What an attempt sends, when it is answered one by one.
    func run(_ attempt: any TokenAttempt, _ answers: InboundResponse...) throws -> (
        requests: [OutboundRequest], outcome: TokenOutcome?
    ) {
        var attempt = attempt
        var requests: [OutboundRequest] = []
        var answers = answers[...]
        var answer: InboundResponse?
        while true {
            switch try attempt.next(after: answer) {
            case .done(let outcome): return (requests, outcome)
            case .send(let request):
                requests.append(request)
                answer = answers.popFirst()
                if answer == nil { return (requests, nil) }
            }
        }
    }

    /// The first request of an attempt.
    func request(
        _ values: [String: String] = [:],
        client: OAuthClient? = nil
    ) throws -> OutboundRequest {
        let attempt = try source(values).attempt(material(values, client: client))
        return try #require(try run(attempt).requests.first)
    }

    /// What the way makes of one answer to its first request.
    func outcome(
        _ answer: InboundResponse,
        values: [String: String] = [:],
        client: OAuthClient? = nil
    ) throws -> TokenOutcome? {
        try run(try source(values).attempt(material(values, client: client)), answer).outcome
    }
}

extension TokenOutcome? {
    var grant: TokenGrant? {
        if case .granted(let grant)? = self { grant } else { nil }
    }

    var refusal: TokenRefusal? {
        if case .refused(let refusal)? = self { refusal } else { nil }
    }
}

extension OutboundRequest {
    /// The parameters of a form.
    var form: [String: String] {
        var items: [String: String] = [:]
        for item in String(decoding: body ?? [], as: UTF8.self).split(separator: "&") {
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            items[halves[0].removingPercentEncoding ?? ""] = halves[1].removingPercentEncoding
        }
        return items
    }
}

/// A web token taken apart.
struct TokenParts {
    let header: JSONValue
    let claims: JSONValue
    let signed: [UInt8]
    let signature: [UInt8]

    init(_ text: String) throws {
        let parts = text.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        header = try JSONValue(parsing: Self.bytes(parts[0]))
        claims = try JSONValue(parsing: Self.bytes(parts[1]))
        signature = try Self.bytes(parts[2])
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while !padded.utf8.count.isMultiple(of: 4) { padded += "=" }
        return [UInt8](try #require(Data(base64Encoded: padded)))
    }
}
