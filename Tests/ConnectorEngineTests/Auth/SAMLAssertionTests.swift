import ConnectorConfig
import ConnectorEngine
import Cryptography
import Foundation
import HTTPExchange
import JSONValue
import Testing
import Vocabulary

/// Assertions of SAML 2.0: what they say, and that the signature covers it.
struct SAMLAssertionTests {
    private static let key = Result { try PrivateKey.generate(.rsa(bits: 2048)) }

    private static func words(_ more: JSONValue = [:]) -> JSONValue {
        let saml: JSONValue = [
            "issuer": "{{credentials.client_id}}", "subject": "{{credentials.username}}",
            "audience": "www.acme.example", "attributes": ["company \"<id>\"": "A & B\r\n"],
            "authn_context": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            "certificate": "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----",
        ]
        return [
            "kind": "oauth2_jwt_bearer", "token_url": "https://{{host}}/token",
            "fields": ["username": [:], "private_key": ["type": "secret"]], "saml": saml.overlaid(by: more),
            "params": ["company_id": "c1"],
        ]
    }

    private func form(_ more: JSONValue, username: String = "ann@acme.example") throws -> [String: String] {
        let pem = String(decoding: try Self.key.get().pem(), as: UTF8.self)
        return try AuthWorld(Self.words(more)).request(
            ["username": username, "private_key": pem],
            client: OAuthClient(id: "app", secret: nil)
        ).form
    }

    private func between(_ text: String, _ start: String, _ end: String) throws -> String {
        let from = try #require(text.firstRange(of: start))
        let to = try #require(text[from.upperBound...].firstRange(of: end))
        return String(text[from.upperBound..<to.lowerBound])
    }

    @Test(arguments: [("RSA-SHA256", DigestAlgorithm.sha256), ("RSA-SHA1", .sha1)])
    func `an assertion says who the user is, and its signature proves it`(
        scheme: String,
        digest: DigestAlgorithm
    ) throws {
        let form = try form(["alg": .string(scheme), "encoding": "base64"])
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:saml2-bearer")
        #expect(form["company_id"] == "c1" && form["client_id"] == "app")
        let bytes = try #require(form["assertion"].flatMap { Data(base64Encoded: $0) })
        let xml = String(decoding: bytes, as: UTF8.self)
        for part in [
            "<saml:Issuer>app</saml:Issuer>", ">ann@acme.example</saml:NameID>",
            "<saml:Audience>www.acme.example</saml:Audience>", "Recipient=\"https://login.acme.example/token\"",
            "Name=\"company &quot;&lt;id>&quot;\"><saml:AttributeValue>A &amp; B&#xD;\n</saml:AttributeValue>",
            "IssueInstant=\"2026-11-25T", "<ds:X509Certificate>AQID</ds:X509Certificate>",
        ] { #expect(xml.contains(part), "\(part) in \(xml)") }
        let signature = try between(xml, "<ds:Signature ", "</ds:Signature>")
        let unsigned = xml.replacing("<ds:Signature \(signature)</ds:Signature>", with: "")
        let told = try between(xml, "<ds:DigestValue>", "</ds:DigestValue>")
        #expect(told == Data(try OpenSSLDigests().digest(digest, of: Array(unsigned.utf8))).base64EncodedString())
        let info = "<ds:SignedInfo" + (try between(xml, "<ds:SignedInfo", "</ds:SignedInfo>")) + "</ds:SignedInfo>"
        #expect(info.contains("URI=\"#\(try between(xml, " ID=\"", "\""))\""))
        let value = try #require(Data(base64Encoded: try between(xml, "<ds:SignatureValue>", "</ds:SignatureValue>")))
        #expect(
            try Self.key.get().publicKey().verify([UInt8](value), of: Array(info.utf8), digest == .sha1 ? .rs1 : .rs256)
        )
    }

    @Test func `without more words it is short, and what XML cannot hold is refused`() throws {
        let form = try form(["attributes": .null, "authn_context": .null, "certificate": .null, "audience": .null])
        let text = try #require(form["assertion"])
        #expect(text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while !padded.utf8.count.isMultiple(of: 4) { padded += "=" }
        let xml = String(decoding: try #require(Data(base64Encoded: padded)), as: UTF8.self)
        #expect(xml.contains("<saml:Audience>https://login.acme.example/token</saml:Audience>"))
        #expect(!xml.contains("AuthnStatement") && !xml.contains("AttributeStatement") && !xml.contains("KeyInfo"))
        #expect { _ = try self.form([:], username: "a\u{1}b") } throws: {
            ($0 as? Problem)?.code == .credentialUnavailable
        }
    }
}
