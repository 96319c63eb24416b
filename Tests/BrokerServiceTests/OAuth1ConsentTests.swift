import BrokerContract
import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Testing
import Vocabulary

/// Consents by RFC 5849, and states of a vendor's taste, from the connect form to usable access.
struct OAuth1ConsentTests {
    private static let consent: JSONValue = [
        "kind": "oauth1_tba", "signature": "HMAC-SHA1", "request_token_url": "https://login.acme.example/request",
        "authorize_url": "https://login.acme.example/consent?app=1",
        "access_token_url": "https://login.acme.example/access",
        "authorize_params": ["scope": "read"], "callback_keep": ["company"], "keep": ["member": "member_id"],
        "verify": ["path": "/me"],
    ]

    /// Signs nothing itself: it answers those alone that sign as the consumer with the secret that is due.
    private static func vendor(secret: String = "app s3cret") -> ScriptedVendor {
        ScriptedVendor { (request, _) in
            let parameters = Self.parameters(request)
            let place = request.url.split(separator: "/").last ?? ""
            let tokenSecret = ["request": "", "access": "t3mp", "me": "l0ng"][place] ?? ""
            guard parameters["oauth_consumer_key"] == "app",
                let signature = try? Self.signature(request, "\(Self.encoded(secret))&\(tokenSecret)"),
                signature == parameters["oauth_signature"]
            else { return .json(["error": "signature_invalid"], status: 401) }
            let answer: String? =
                switch (place, parameters["oauth_token"]) {
                case ("request", nil) where parameters["oauth_callback"]?.contains("/connect/callback/") == true:
                    "oauth_token=tmp%2D1&oauth_token_secret=t3mp&oauth_callback_confirmed=true"
                case ("access", "tmp-1") where parameters["oauth_verifier"] == "v1":
                    "oauth_token=long&oauth_token_secret=l0ng&member_id=m7"
                case ("me", "long"): "{}"
                default: nil
                }
            return answer.map { InboundResponse(status: 200, body: Array($0.utf8)) } ?? .json([:], status: 400)
        }
    }

    private static func parameters(_ request: OutboundRequest) -> [String: String] {
        var found: [String: String] = [:]
        let text = request.headers[.authorization] ?? ""
        for match in text.matches(of: /(oauth_[a-z_]+)="([^"]*)"/) {
            found[String(match.output.1)] = match.output.2.removingPercentEncoding
        }
        return found
    }

    private static func signature(_ request: OutboundRequest, _ key: String) throws -> String {
        let signed = parameters(request).filter { $0.key != "oauth_signature" }
        let pairs = signed.map { "\(encoded($0.key))=\(encoded($0.value))" }.sorted().joined(separator: "&")
        let base = [request.method.rawValue, encoded(request.url), encoded(pairs)].joined(separator: "&")
        return Data(try MessageDigest.hmac(.sha1, of: Array(base.utf8), key: Array(key.utf8))).base64EncodedString()
    }

    private static func encoded(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    private func text(_ response: InboundResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test func `a consent of OAuth 1 becomes an account that signs as the integration's application`() async throws {
        let world = try await BrokerWorld(auth: Self.consent, vendor: Self.vendor())
        #expect(text(try await world.connect()).contains("not set up yet"))
        #expect(try await world.deposit(["client_id": "app", "client_secret": "app s3cret"]).status == 204)
        let last = try await world.consent(
            code: "v1",
            parameter: "oauth_verifier",
            state: "oauth_token",
            more: "&company=c9&other=x"
        )
        #expect(text(last).contains("Acme is connected"), "\(text(last))")
        #expect(world.registry.account?.variables == ["company": "c9", "member": "m7"])
        let values = try await world.access().values.mapValues { $0.reveal() }
        #expect(values["token"] == "long" && values["token_secret"] == "l0ng")
        #expect(values["consumer_key"] == "app" && values["consumer_secret"] == "app s3cret")
        // A new secret of the application counts at once.
        _ = try await world.deposit(["client_id": "app", "client_secret": "newer"])
        #expect(try await world.access().values["consumer_secret"]?.reveal() == "newer")
    }

    @Test(arguments: [
        ("oauth_verifier", ""), ("denied", "&denied=tmp-1"), ("oauth_problem", "&oauth_problem=user_refused"),
    ])
    func `a consent that was not given makes no account`(parameter: String, more: String) async throws {
        let world = try await BrokerWorld(auth: Self.consent, vendor: Self.vendor())
        _ = try await world.deposit(["client_id": "app", "client_secret": "app s3cret"])
        let last = try await world.consent(code: "wrong", parameter: "oauth_verifier", state: "oauth_token", more: more)
        #expect(last.status == 422)
        #expect(text(last).contains(more.isEmpty ? "did not confirm" : "You did not allow the connection."))
        #expect(world.registry.account == nil)
    }

    @Test func `an application that the vendor does not know sends nobody away`() async throws {
        let world = try await BrokerWorld(auth: Self.consent, vendor: Self.vendor(secret: "another"))
        _ = try await world.deposit(["client_id": "app", "client_secret": "app s3cret"])
        #expect(text(try await world.connect()).contains("does not accept this application"))
    }

    @Test(arguments: [("digits", 40), ("alphanumeric", 22), ("base64url", 43), ("hex", 32)])
    func `a state is made of what the vendor takes, under the name that it has there`(
        alphabet: String,
        length: Int
    ) async throws {
        let auth: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://login.acme.example/authorize",
            "token_url": "https://login.acme.example/token",
            "state": ["alphabet": .string(alphabet), "length": .number(JSONNumber(length)), "param": "relay"],
        ]
        let vendor = ScriptedVendor { (_, _) in .json(["access_token": "a", "token_type": "acme"]) }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        _ = try await world.deposit(["client_id": "app", "client_secret": "w"])
        let address = try #require(try await world.connect().headers[.location])
        let state = try #require(address.firstMatch(of: /[?&]relay=([^&]*)/)?.output.1)
        let letters = ["digits": "0-9", "alphanumeric": "A-Za-z0-9", "base64url": "A-Za-z0-9_-", "hex": "0-9a-f"]
        #expect(try Regex("[\(letters[alphabet] ?? "")]{\(length)}").wholeMatch(in: state) != nil, "\(state)")
        #expect(!address.contains("state="))
        #expect(text(try await world.consent(code: "c", state: "relay")).contains("Acme is connected"))
        #expect(try await world.access().values["token_type"]?.reveal() == "acme")
    }
}
