import Foundation
import JSONValue
import Testing
import Vocabulary

@testable import VendorSandbox

/// An invented vendor that gives tokens to clients of their own and asks each connection for a certificate.
struct ClientTests {
    private let vendor: VendorSimulator

    init() throws {
        let document = try YAMLReader.value(Self.text)
        vendor = VendorSimulator(
            name: "acme",
            definition: try SandboxDefinition(document, folder: FileManager.default.temporaryDirectory),
            digests: PlainDigests(),
            now: { 1_767_225_600 }
        )
    }

    private static let text = """
        hosts: [acme.example]
        client_certificate: required
        oauth:
          token_path: /token
          grants: [client_credentials]
          client_id: c
          client_secret: s
          answer: '{"access_token": access_token}'
          token_endpoints:
            - { path: /v1/auth, grants: [client_credentials], grant_type: none, answer: '{"data": {"token": access_token}}' }
        routes:
          - { route: GET /people, action: answer, answer: '[{"id": "p1"}]' }
        errors:
          no_certificate: { status: 401, body: '{"why": "no certificate"}' }
          unauthorized: { status: 401, body: '{"why": "no token"}' }
          invalid_client: { status: 401, body: '{"why": "no client"}' }
          unsupported_grant_type: { status: 400, body: '{"why": "no grant"}' }
        """

    private func send(
        _ method: String,
        _ path: String,
        form: String = "",
        json: JSONValue? = nil,
        token: String? = nil,
        hasCertificate: Bool = true
    ) throws -> (status: Int, body: JSONValue) {
        var request = SandboxRequest(method: method, path: path, body: json?.bytes() ?? Array(form.utf8))
        if let token { request.headers.append(("authorization", "Bearer " + token)) }
        if json != nil { request.headers.append(("content-type", "application/json")) }
        request.hasClientCertificate = hasCertificate
        let response = vendor.respond(request)
        return (response.status, try JSONValue(parsing: response.body))
    }

    @Test func `a client gets a token and reads with it`() throws {
        let granted = try send("POST", "/token", form: "grant_type=client_credentials&client_id=c&client_secret=s")
        let token = try #require(granted.body["access_token"]?.string)
        #expect(try send("GET", "/people", token: token).body == [["id": "p1"]])
        #expect(try send("GET", "/people").body["why"] == "no token")
    }

    @Test func `an endpoint may take JSON and no name of the grant`() throws {
        let granted = try send("POST", "/v1/auth", json: ["client_id": "c", "client_secret": "s"])
        let token = try #require(granted.body["data"]?["token"]?.string)
        #expect(try send("GET", "/people", token: token).status == 200)
    }

    @Test(arguments: [
        ("grant_type=client_credentials&client_id=c&client_secret=x", "no client"),
        ("grant_type=refresh_token&client_id=c&client_secret=s", "no grant"),
        ("client_id=c&client_secret=s", "no grant"),
    ])
    func `another secret and another grant are refused`(form: String, why: String) throws {
        #expect(try send("POST", "/token", form: form).body["why"]?.string == why)
    }

    @Test func `without a certificate nothing is answered, not even for a token`() throws {
        for (method, path) in [("POST", "/token"), ("GET", "/people"), ("GET", "/nowhere")] {
            let answer = try send(method, path, hasCertificate: false)
            #expect(answer.status == 401)
            #expect(answer.body["why"] == "no certificate")
        }
    }
}

/// Seals that are good enough for one process.
private struct PlainDigests: Digests {
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] { bytes }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        [UInt8(truncatingIfNeeded: bytes.reduce(Int(key.count)) { $0 &* 31 &+ Int($1) }), 7]
    }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] { [] }
    func verify(_ algorithm: SignatureAlgorithm, signature: [UInt8], of bytes: [UInt8], publicKeyPEM: [UInt8]) throws
        -> Bool
    { false }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) } }
}
