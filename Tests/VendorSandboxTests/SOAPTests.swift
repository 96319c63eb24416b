import Foundation
import JSONValue
import Testing
import Vocabulary

@testable import VendorSandbox

/// SOAP services of a vendor that does not exist.
struct SOAPTests {
    private let simulator: VendorSimulator

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("soap-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let trees = (1...7).map { "{\"id\":\"\($0)\",\"name\":\"T\($0)\"}\n" }.joined()
        try Data(trees.utf8).write(to: folder.appendingPathComponent("trees.ndjson"))
        let operation: JSONValue = [
            "collection": "trees", "select": "request.Name ? rows[name = $$.request.Name] : rows",
            "refuse": #"$number(request.Page) = 0 ? {"name": "invalid", "message": "page <0>"}"#,
            "page": "$number(request.Page)", "page_size": "$number(request.Count)",
            "answer": #"{"Trees": {"@version": "1", "Pages": pages, "Tree": [rows.{"@id": id, "Name": name}]}}"#,
        ]
        let document: JSONValue = [
            "hosts": ["soap.orchard.example"],
            "collections": ["trees": ["file": "trees.ndjson"]],
            "soap": [
                "users": ["gardener@orchard": "p&<w"], "namespaces": ["o": "urn:orchard"], "prefix": "o",
                "operations": ["Get_Trees": operation],
            ],
            "routes": [["route": "POST /soap/{version}", "action": "soap"]],
            "errors": [
                "unauthorized": ["status": 500, "body": #"{"env:Fault": {"faultcode": "env:Client.auth"}}"#],
                "invalid": ["status": 500, "body": #"{"env:Fault": {"faultstring": message}}"#],
                "unknown_operation": ["status": 500, "body": #"{"env:Fault": {"faultstring": operation}}"#],
                "other": ["status": 400],
            ],
        ]
        simulator = VendorSimulator(
            name: "orchard",
            definition: try SandboxDefinition(document, folder: folder),
            digests: CountingDigests(),
            now: { 1_700_000_000 }
        )
    }

    private func ask(_ body: String, password: String = "<w:Password>p&amp;&lt;w</w:Password>") -> SandboxResponse {
        let token = "<w:UsernameToken><w:Username>gardener@orchard</w:Username>\(password)</w:UsernameToken>"
        let envelope = """
            <e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="w" xmlns:o="urn:orchard">\
            <e:Header><w:Security>\(token)</w:Security></e:Header><e:Body>\(body)</e:Body></e:Envelope>
            """
        return simulator.respond(SandboxRequest(method: "POST", path: "/soap/v1", body: Array(envelope.utf8)))
    }

    private func text(_ response: SandboxResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test func `pages are cut as the body asks, with prefixes on names and attributes`() {
        let answer = ask("<o:Get_Trees><o:Page>2</o:Page><o:Count>3</o:Count></o:Get_Trees>")
        #expect(answer.status == 200)
        #expect(
            text(answer).hasSuffix(
                #"<env:Body><o:Trees o:version="1"><o:Pages>3</o:Pages><o:Tree o:id="4"><o:Name>T4</o:Name></o:Tree>"#
                    + #"<o:Tree o:id="5"><o:Name>T5</o:Name></o:Tree><o:Tree o:id="6"><o:Name>T6</o:Name></o:Tree>"#
                    + "</o:Trees></env:Body></env:Envelope>"
            )
        )
    }

    @Test func `rows are selected, and a request can be refused`() {
        let one = ask("<o:Get_Trees><o:Name>T5</o:Name><o:Page>1</o:Page><o:Count>3</o:Count></o:Get_Trees>")
        #expect(text(one).contains(#"<o:Tree o:id="5">"#))
        let zero = ask("<o:Get_Trees><o:Page>0</o:Page><o:Count>3</o:Count></o:Get_Trees>")
        #expect(zero.status == 500)
        #expect(text(zero).contains("<env:Fault><faultstring>page &lt;0&gt;</faultstring></env:Fault>"))
        #expect(text(ask("<o:Cut_Tree/>")).contains("<faultstring>Cut_Tree</faultstring>"))
    }

    @Test func `a wrong password, a wrong digest and no token are faults`() throws {
        for password in ["<w:Password>x</w:Password>", "", #"<w:Password Type="u#PasswordDigest">AAAA</w:Password>"#] {
            let answer = ask("<o:Get_Trees/>", password: password)
            #expect(answer.status == 500)
            #expect(text(answer).contains("Client.auth"))
        }
    }

    @Test func `a digest over nonce, time and password is let in`() throws {
        // The digests of this test count bytes: 3 of the nonce, 1 of the time, 4 of the password.
        let digest =
            #"<w:Password Type="u#PasswordDigest">CA==</w:Password><w:Nonce>AAEC</w:Nonce><w:Created>t</w:Created>"#
        let page = "<o:Get_Trees><o:Page>1</o:Page><o:Count>1</o:Count></o:Get_Trees>"
        #expect(ask(page, password: digest).status == 200)
    }

    @Test func `what is no envelope is refused`() {
        let request = SandboxRequest(method: "POST", path: "/soap/v1", body: Array("<a/>".utf8))
        #expect(simulator.respond(request).status == 400)
    }
}

/// The digest of bytes is their number.
private struct CountingDigests: Digests {
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] { [UInt8(bytes.count)] }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] { [] }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] { [] }
    func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool { false }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { [] }
}
