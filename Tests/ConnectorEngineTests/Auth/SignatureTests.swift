import ConnectorConfig
import ConnectorEngine
import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Signatures that are made anew for each request, against answers that were computed elsewhere.
struct SignatureTests {
    /// The random bytes that become a nonce.
    private static func bytes(ofNonce text: String) throws -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return try text.map { UInt8(try #require(letters.firstIndex(of: $0))) }
    }

    private func signed(
        _ words: JSONValue,
        _ verify: JSONValue,
        _ values: [String: String],
        now: Int,
        random: [UInt8] = []
    ) throws -> OutboundRequest {
        let world = try AuthWorld(words.overlaid(by: ["verify": verify]))
        let flow = try #require(VerificationFlow(connector: world.document, method: "way", variables: [:]))
        return try flow.request(
            access: UsableAccess(method: "way", values: values.mapValues { Secret($0) }),
            partition: "p",
            tools: SigningTools(digests: FixedRandom(random: random)) { now }
        )
    }

    private static let fields: JSONValue = ["consumer_secret": ["type": "secret"], "secret": ["type": "secret"]]

    /// OAuth Core 1.0 appendix A.5, and RFC 5849 section 3.4.1.1, both over https.
    @Test func `RFC 5849 signs method, address, query, form and its own parameters`() throws {
        let photos = try signed(
            ["kind": "oauth1_tba", "fields": Self.fields, "signature": "HMAC-SHA1", "nonce_length": 16],
            [
                "base_url": "https://photos.example.net", "path": "/photos",
                "query": ["file": "vacation.jpg", "size": "original"],
            ],
            [
                "consumer_key": "dpf43f3p2l4k3l03", "consumer_secret": "kd94hf93k423kf44",
                "token": "nnch734d00sl2jdk", "token_secret": "pfkkdhi9sl3r4s00",
            ],
            now: 1_191_242_096,
            random: Self.bytes(ofNonce: "kllo9940pd9333jh")
        )
        let header = try #require(photos.headers[.authorization])
        #expect(header.hasPrefix("OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_token=\"nnch734d00sl2jdk\""))
        #expect(header.contains("oauth_nonce=\"kllo9940pd9333jh\""))
        #expect(header.contains("oauth_signature=\"%2FUeEmNUsboAh2ZZD7O92ECdXfr8%3D\""))
        #expect(!header.contains("kd94hf93k423kf44") && !photos.url.contains("oauth"))
        for (method, signature) in [
            ("HMAC-SHA1", "P%2FjYPiBOyvg0PlXr7NJwJu8qroc%3D"),
            ("HMAC-SHA256", "dBTGhcwA70HNGHMBPE3dgNfG%2BCsUNYfwVKc3WN%2B6xUo%3D"),
        ] {
            let form = try signed(
                [
                    "kind": "oauth1_tba", "fields": Self.fields, "signature": .string(method), "nonce_length": 8,
                    "version": false, "realm": "Example",
                ],
                [
                    "method": "POST", "base_url": "https://example.com", "path": "/request",
                    "query": ["b5": "=%3D", "a3": "a", "c@": "", "a2": "r b"],
                    "request_format": "form", "body": ["c2": "", "a3": "2 q"],
                ],
                [
                    "consumer_key": "9djdj82h48djs9d2", "consumer_secret": "j49sk3j29djd",
                    "token": "kkk9d7dh3k39sjv7", "token_secret": "dh893hdasih9",
                ],
                now: 137_131_201,
                random: Self.bytes(ofNonce: "7d8f3e4a")
            )
            let header = try #require(form.headers[.authorization])
            #expect(header.hasPrefix("OAuth realm=\"Example\", "))
            #expect(header.contains("oauth_signature=\"\(signature)\""), "\(method): \(header)")
            #expect(!header.contains("oauth_version"))
        }
    }

    @Test(arguments: [("RSA-SHA256", DigestAlgorithm.sha256), ("RSA-SHA1", .sha1)])
    func `RSA signs what the public half proves, and a body hash covers what is no form`(
        method: String,
        digest: DigestAlgorithm
    ) throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let request = try signed(
            ["kind": "oauth1_tba", "fields": Self.fields, "signature": .string(method), "body_hash": true],
            ["method": "POST", "path": "/notes", "body": ["a": 1]],
            ["consumer_key": "c", "token": "t", "private_key": String(decoding: key.pem(), as: UTF8.self)],
            now: 1,
            random: [UInt8](repeating: 0, count: 20)
        )
        let header = try #require(request.headers[.authorization]).removingPercentEncoding ?? ""
        let hash = Data(try OpenSSLDigests().digest(digest, of: Array("{\"a\":1}".utf8))).base64EncodedString()
        #expect(header.contains("oauth_body_hash=\"\(hash)\""))
        let text = try #require(header.firstMatch(of: /oauth_signature="([^"]+)"/)?.1)
        let base =
            "POST&https%3A%2F%2Fapi.acme.example%2Fv1%2Fnotes&oauth_body_hash%3D"
            + hash.replacing("=", with: "%253D").replacing("+", with: "%252B").replacing("/", with: "%252F")
            + "%26oauth_consumer_key%3Dc%26oauth_nonce%3DAAAAAAAAAAAAAAAAAAAA%26oauth_signature_method%3D\(method)"
            + "%26oauth_timestamp%3D1%26oauth_token%3Dt%26oauth_version%3D1.0"
        let signature = [UInt8](try #require(Data(base64Encoded: String(text))))
        #expect(try key.publicKey().verify(signature, of: Array(base.utf8), digest == .sha1 ? .rs1 : .rs256))
    }

    @Test func `a token for one request speaks of it`() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let request = try signed(
            [
                "kind": "jwt_self_signed", "fields": Self.fields, "per_request": true, "kid": "k1", "lifetime": 60,
                "claims": [
                    "uri": "{{request.method}} {{request.host}}{{request.path}}", "q": "{{request.query}}",
                    "body": "{{request.body_sha256}}", "iss": "{{credentials.issuer}}",
                ],
            ],
            ["method": "POST", "path": "/notes", "query": ["b": "2"], "body": ["a": 1]],
            ["issuer": "us", "private_key": String(decoding: key.pem(), as: UTF8.self)],
            now: 100
        )
        let header = try #require(request.headers[.authorization])
        #expect(header.hasPrefix("Bearer "))
        let token = try TokenParts(String(header.dropFirst("Bearer ".count)))
        #expect(token.claims["uri"] == "POST api.acme.example/v1/notes" && token.claims["q"] == "b=2")
        let digest = try OpenSSLDigests().digest(.sha256, of: Array("{\"a\":1}".utf8))
        #expect(token.claims["body"] == .string(Hexadecimal.text(digest)))
        #expect(token.claims["iss"] == "us" && token.claims["exp"] == 160 && token.header["kid"] == "k1")
        #expect(try key.publicKey().verify(token.signature, of: token.signed, .rs256))
    }

    /// The published test suite of the scheme: `get-vanilla`, `get-vanilla-query-order-key-case`,
    /// `post-x-www-form-urlencoded`; then a path that is encoded twice, and a session token.
    @Test(
        arguments: [
            (["path": "/"], [:], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                ["path": "/", "query": ["Param2": "value2", "Param1": "value1"]], [:],
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
            (
                ["path": "/", "method": "POST", "request_format": "form", "body": ["Param1": "value1"]], [:],
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
            ),
            (
                ["path": "/{{context.odd}}"], [:],
                "08c33fd523b5dc18699a2c38863929f12203a282c033d442d45b59a096458aa6"
            ),
            (
                ["path": "/"], ["session_token": "{{credentials.session}}"],
                "19a43268c704a01f590bc7fcc4ba05b0237e5f6ba72dcf56f10edb9c20b7d919"
            ),
        ] as [(JSONValue, JSONValue, String)]
    )
    func `Signature Version 4 gives the published signatures`(
        verify: JSONValue,
        more: JSONValue,
        signature: String
    ) throws {
        let words: JSONValue = [
            "kind": "aws_sigv4", "fields": Self.fields, "access_key": "AKIDEXAMPLE", "region": "us-east-1",
            "service": "service",
        ]
        let world = try AuthWorld(
            words.overlaid(by: more).overlaid(by: [
                "verify": verify.overlaid(by: ["base_url": "https://example.amazonaws.com"])
            ])
        )
        let flow = try #require(
            VerificationFlow(connector: world.document, method: "way", variables: ["odd": "a b"])
        )
        let request = try flow.request(
            access: UsableAccess(
                method: "way",
                values: [
                    "secret_key": Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), "session": Secret("t0/k="),
                ]
            ),
            partition: "p",
            tools: SigningTools(digests: OpenSSLDigests()) { 1_440_938_160 }
        )
        let header = try #require(request.headers[.authorization])
        #expect(header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "))
        #expect(header.hasSuffix("Signature=\(signature)"), "\(header)")
        #expect(request.headers[try #require(HTTPField.Name("x-amz-date"))] == "20150830T123600Z")
    }

    @Test func `a keyed digest is made of the parts that the document names`() throws {
        let request = try signed(
            [
                "kind": "hmac_signature", "fields": Self.fields, "key": "{{credentials.secret}}",
                "parts": ["method", "path", "timestamp", "body_digest", ["text": "{{credentials.key_id}}"]],
                "timestamp": ["header": "X-Time"], "header": "Authorization",
                "value": "ACME {{credentials.key_id}}:{{signature}}",
            ],
            ["method": "POST", "path": "/notes", "body": ["a": 1]],
            ["secret": "word", "key_id": "k1"],
            now: 1_795_600_000
        )
        #expect(
            request.headers[.authorization]
                == "ACME k1:98f47f23008f76dfaa36f08ae1c6245653fca22ef3dc2af2af98daf6d75a755e"
        )
        #expect(request.headers[try #require(HTTPField.Name("x-time"))] == "1795600000")
        let other = try signed(
            [
                "kind": "hmac_signature", "fields": Self.fields, "key": "{{credentials.secret}}",
                "key_encoding": "base64", "algorithm": "sha512", "encoding": "base64", "separator": "",
                "parts": ["method", "host", "path", "query", ["header": "X-Time"]],
                "timestamp": ["header": "X-Time", "format": "rfc3339"], "nonce": ["header": "X-Nonce"],
                "header": "X-Signature",
            ],
            ["path": "/me", "query": ["x": 1, "y": " "]],
            ["secret": "d29yZA=="],
            now: 1_795_600_000,
            random: [UInt8](repeating: 255, count: 16)
        )
        #expect(other.headers[try #require(HTTPField.Name("x-nonce"))] == String(repeating: "f", count: 32))
        #expect(
            other.headers[try #require(HTTPField.Name("x-signature"))]?.hasPrefix("qpPpLo7dxOlPhdEbm+sOkLKEXrqPoic4")
                == true,
            "\(other.headers) \(other.url)"
        )
    }

    @Test func `what is missing is told without what is there`() throws {
        do {
            _ = try signed(
                ["kind": "oauth1_tba", "fields": Self.fields],
                ["path": "/me"],
                ["consumer_key": "c0ns", "consumer_secret": "s3cret"],
                now: 1
            )
            Issue.record("signed")
        } catch let problem as Problem {
            #expect(problem.code == .credentialUnavailable)
            #expect(!problem.debugDescription.contains("s3cret"))
        }
    }
}
