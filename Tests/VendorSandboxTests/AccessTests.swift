import Foundation
import JSONValue
import Synchronization
import Testing
import Vocabulary

@testable import VendorSandbox

/// An invented vendor that takes signed requests and sessions, and statements in the body.
struct AccessTests {
    private let vendor: VendorSimulator

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("access-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let people = (1...5).map { #"{"id": \#($0), "name": "P\#($0)"}"# }.joined(separator: "\n")
        try people.write(to: folder.appendingPathComponent("people.ndjson"), atomically: true, encoding: .utf8)
        let shared = Clock()
        time = shared
        vendor = VendorSimulator(
            name: "acme",
            definition: try SandboxDefinition(YAMLReader.value(Self.text), folder: folder),
            digests: EchoDigests(),
            now: { shared.seconds.withLock { $0 } }
        )
    }

    private final class Clock: Sendable {
        let seconds = Mutex(1_767_225_600.0)
    }

    private let time: Clock

    private static let text = """
        hosts: [acme.example]
        signature: { realm: ACME_1, consumer_key: ck, consumer_secret: "c s", token: tk, token_secret: ts }
        session:
          open: POST /login
          end: DELETE /login
          users: { ida: pencil }
          credentials: '{"user": form.username, "password": form.password}'
          answer: '{"id": session, "for": user, "seconds": lifetime}'
          header: X-Session
          lifetime: 60
          sliding: true
        collections:
          people: { file: people.ndjson, id: id }
        routes:
          - { route: "GET /people/{id}", action: get, collection: people, answer: record.name }
          - route: POST /query
            action: sql
            tables: { people: people }
            statement: '"SELECT id, name FROM people WHERE id > " & body.after'
            page_size: $number(query.limit)
            after: $number(query.offset)
            answer: '{"ids": [rows.fields.id], "total": total, "more": $exists(next)}'
        errors:
          unauthorized: { status: 401, body: '{"why": $exists(flaw) ? flaw : "nothing"}' }
        """

    private func send(_ method: String, _ path: String, headers: [(String, String)] = [], body: String = "") throws -> (
        status: Int, body: JSONValue
    ) {
        let sides = path.split(separator: "?", maxSplits: 1)
        var request = SandboxRequest(method: method, path: FormText.decoded(sides[0]), body: Array(body.utf8))
        request.query = sides.count > 1 ? FormText.items(sides[1].utf8) : []
        request.headers = [(name: "host", value: "acme.example")] + headers.map { (name: $0.0, value: $0.1) }
        let response = vendor.respond(request)
        return (response.status, response.body.isEmpty ? .null : try JSONValue(parsing: response.body))
    }

    /// A header field whose signature is over `base`, with members of the caller's choice.
    private func signed(_ base: String, key: String = "c%20s&ts", _ changes: [String: String] = [:]) -> (String, String)
    {
        var members = [
            "realm": "ACME_1", "oauth_consumer_key": "ck", "oauth_token": "tk", "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": "1767225600", "oauth_nonce": "n1", "oauth_version": "1.0",
        ]
        members.merge(changes) { $1 }
        let mac = Data((key + "|" + base).utf8).base64EncodedString()
        members["oauth_signature"] = FormText.encoded(mac)
        return ("authorization", "OAuth " + members.map { "\($0)=\"\($1)\"" }.sorted().joined(separator: ", "))
    }

    private static let base =
        "GET&https%3A%2F%2Facme.example%2Fpeople%2F3&a%3D1%26b%3Dx%2520y%26oauth_consumer_key%3Dck%26oauth_nonce%3Dn1"
        + "%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1767225600%26oauth_token%3Dtk%26oauth_version%3D1.0"

    @Test func `a signed request is let in once`() throws {
        let first = try send("GET", "/people/3?b=x%20y&a=1", headers: [signed(Self.base)])
        #expect(first.status == 200)
        #expect(first.body == "P3")
        #expect(try send("GET", "/people/3?b=x%20y&a=1", headers: [signed(Self.base)]).body["why"] == "nonce")
    }

    @Test func `what is wrong with a signature is found out`() throws {
        func flaw(_ header: (String, String), path: String = "/people/3?b=x%20y&a=1") throws -> JSONValue? {
            let answer = try send("GET", path, headers: [header])
            #expect(answer.status == 401)
            return answer.body["why"]
        }
        #expect(try flaw(signed(Self.base, key: "other&ts")) == "signature")
        #expect(try flaw(signed(Self.base), path: "/people/3?b=x%20y&a=2") == "signature")
        #expect(try flaw(signed(Self.base, ["realm": "ACME_2"])) == "realm")
        #expect(try flaw(signed(Self.base, ["oauth_consumer_key": "no"])) == "consumer_key")
        #expect(try flaw(signed(Self.base, ["oauth_token": "no"])) == "token")
        #expect(try flaw(signed(Self.base, ["oauth_signature_method": "HMAC-SHA1"])) == "method")
        #expect(try flaw(signed(Self.base, ["oauth_timestamp": "1767225000"])) == "timestamp")
        #expect(try flaw(signed(Self.base, ["oauth_nonce": ""])) == "nonce")
        #expect(try send("GET", "/people/3").body["why"] == "nothing")
        // None of them has used up the nonce.
        #expect(try send("GET", "/people/3?b=x%20y&a=1", headers: [signed(Self.base)]).status == 200)
    }

    @Test func `a session is opened by a password, lives on by use, and ends`() throws {
        let refused = try send("POST", "/login", body: "username=ida&password=pen")
        #expect(refused.status == 401)
        #expect(refused.body["why"] == "credentials")
        let opened = try send("POST", "/login", body: "username=ida&password=pencil")
        let session = try #require(opened.body["id"]?.string)
        #expect(opened.body["for"] == "ida")
        #expect(opened.body["seconds"] == 60)
        time.seconds.withLock { $0 += 50 }
        #expect(try send("GET", "/people/1", headers: [("x-session", session)]).status == 200)
        time.seconds.withLock { $0 += 50 }
        #expect(try send("GET", "/people/1", headers: [("x-session", session)]).status == 200)
        #expect(try send("DELETE", "/login", headers: [("x-session", session)]).status == 204)
        #expect(try send("GET", "/people/1", headers: [("x-session", session)]).status == 401)
        let next = try #require(try send("POST", "/login", body: "username=ida&password=pencil").body["id"]?.string)
        time.seconds.withLock { $0 += 61 }
        #expect(try send("GET", "/people/1", headers: [("x-session", next)]).status == 401)
    }

    @Test func `a statement of the body is cut where the request says`() throws {
        let session = try #require(try send("POST", "/login", body: "username=ida&password=pencil").body["id"]?.string)
        let answer = try send(
            "POST",
            "/query?limit=2&offset=2",
            headers: [("x-session", session)],
            body: #"{"after": "1"}"#
        )
        #expect(answer.body == ["ids": [4, 5], "total": 4, "more": false])
    }
}

/// A MAC that shows what it is over.
private struct EchoDigests: Digests {
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] { bytes }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        key + Array("|".utf8) + bytes
    }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] { [] }
    func verify(_ algorithm: SignatureAlgorithm, signature: [UInt8], of bytes: [UInt8], publicKeyPEM: [UInt8]) throws
        -> Bool
    { false }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    private static let calls = Mutex(0)
    func randomBytes(_ count: Int) throws -> [UInt8] {
        let call = Self.calls.withLock { calls in
            calls += 1
            return calls
        }
        return (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + call) }
    }
}
