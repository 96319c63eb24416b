import ConnectorConfig
import ConnectorEngine
import Formats
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Credentials inside of SOAP envelopes.
struct SOAPSecurityTests {
    private func document(_ knobs: JSONValue = [:]) -> JSONValue {
        let method: JSONValue = [
            "kind": "ws_security_username_token", "fields": ["user": [:], "word": ["type": "secret"]],
            "username": "{{credentials.user}}@{{context.tenant}}", "password": "{{credentials.word}}",
            "verify": ["method": "POST", "path": "/soap", "body": ["Ping": [:]], "message": "wrong user or password"],
        ]
        return OrchardVendor.document(
            http: ["request_format": "soap", "response_format": "soap"],
            more: [
                "variables": ["tenant": [:]], "auth": ["key": nil, "user": method.overlaid(by: knobs)],
                "errors": [["when": ["code": "Client.auth"], "needs_reauth": true]],
            ]
        )
    }

    private func flow(_ document: JSONValue) throws -> VerificationFlow {
        let connector = try TestWorld.connector(document).document
        return try #require(VerificationFlow(connector: connector, method: "user", variables: ["tenant": "t1"]))
    }

    private static let access = UsableAccess(
        method: "user",
        values: ["user": Secret("Ann & Bo"), "word": Secret("p<w>&\"é")]
    )

    private func security(_ knobs: JSONValue = [:], tools: SigningTools? = nil) throws -> JSONValue {
        let request = try flow(document(knobs)).request(access: Self.access, partition: "p", tools: tools)
        let envelope = try XMLReader.value(of: request.body ?? [], form: .stripped)
        #expect(envelope["Envelope"]?["Body"]?["Ping"] != nil)
        return try #require(envelope["Envelope"]?["Header"]?["Security"])
    }

    @Test func `a password goes as text, with all its letters`() throws {
        let block = try security()
        #expect(block["@mustUnderstand"] == "1")
        #expect(block["UsernameToken"]?["Username"] == "Ann & Bo@t1")
        #expect(block["UsernameToken"]?["Password"]?["#text"] == "p<w>&\"é")
        #expect(block["UsernameToken"]?["Password"]?["@Type"]?.string?.hasSuffix("#PasswordText") == true)
        #expect(block["UsernameToken"]?["Nonce"] == nil)
        #expect(block["Timestamp"] == nil)
        #expect(try security(["must_understand": false])["@mustUnderstand"] == nil)
    }

    @Test func `a digest is over nonce, time and password`() throws {
        let tools = SigningTools(digests: ToyDigests()) { 1_700_000_000 }
        let token = try security(["password_type": "digest"], tools: tools)["UsernameToken"]
        let nonce = [UInt8](try #require(Data(base64Encoded: token?["Nonce"]?["#text"]?.string ?? "")))
        let created = try #require(token?["Created"]?.string)
        #expect(created == "2023-11-14T22:13:20.000Z")
        #expect(try nonce == ToyDigests().randomBytes(16))
        let expected = try ToyDigests().digest(
            .sha1,
            of: nonce + Array(created.utf8) + Array("p<w>&\"é".utf8)
        )
        #expect(token?["Password"]?["#text"]?.string == Data(expected).base64EncodedString())
        #expect(token?["Password"]?["@Type"]?.string?.hasSuffix("#PasswordDigest") == true)
    }

    @Test func `a timestamp tells how long the message is good`() throws {
        let tools = SigningTools(digests: ToyDigests()) { 1_700_000_000 }
        let block = try security(["timestamp_seconds": 90, "nonce": true], tools: tools)
        #expect(block["Timestamp"]?["Created"] == "2023-11-14T22:13:20.000Z")
        #expect(block["Timestamp"]?["Expires"] == "2023-11-14T22:14:50.000Z")
        #expect(block["UsernameToken"]?["Created"] == "2023-11-14T22:13:20.000Z")
        #expect(throws: Problem.self) { try security(["timestamp_seconds": 90]) }
    }

    private func outcome(_ text: String, _ status: Int) throws -> String {
        let answer = OrchardVendor.answer(text, "text/xml", status: status)
        switch try flow(document()).outcome(of: answer) {
        case .accepted: return "accepted"
        case .rejected(let message): return message
        case .unknown(let problem): return problem.code.rawValue
        }
    }

    @Test func `a fault with status 500 can mean wrong credentials when they are tried`() throws {
        func envelope(_ body: String) -> String {
            #"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>"# + body
                + "</e:Body></e:Envelope>"
        }
        #expect(try outcome(envelope("<Pong/>"), 200) == "accepted")
        let refused = envelope("<e:Fault><faultcode>e:Client.auth</faultcode></e:Fault>")
        #expect(try outcome(refused, 500) == "wrong user or password")
        let down = envelope("<e:Fault><faultcode>e:Server</faultcode></e:Fault>")
        #expect(try outcome(down, 500) == "remote_unavailable")
        #expect(try outcome("<html/>", 503) == "remote_unavailable")
    }

    @Test func `a caller's own credentials are replaced in an envelope that he wrote`() throws {
        let envelope = """
            <?xml version="1.0"?>
            <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>
            <wsse:Security xmlns:wsse="urn:any"><wsse:UsernameToken><wsse:Username>x</wsse:Username>\
            <wsse:Password Type="a#PasswordText">caller's key</wsse:Password></wsse:UsernameToken></wsse:Security>
            <Trace>1</Trace></s:Header><s:Body><Ping/></s:Body></s:Envelope>
            """
        #expect(SOAPSecurity.password(in: Array(envelope.utf8))?.reveal() == "caller's key")
        let security = SOAPSecurity(username: Secret("Änn"), password: .text(Secret("own")))
        let bytes = try security.inject(into: Array(envelope.utf8))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("caller's key"))
        #expect(text.hasSuffix("\n<Trace>1</Trace></s:Header><s:Body><Ping/></s:Body></s:Envelope>"))
        let header = try XMLReader.value(of: bytes, form: .stripped)["Envelope"]?["Header"]
        #expect(header?["Security"]?["UsernameToken"]?["Username"] == "Änn")
        #expect(text.contains("xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" env:mustUnderstand=\"1\""))
        #expect(SOAPSecurity.password(in: bytes)?.reveal() == "own")
        #expect(throws: Problem.self) { try security.inject(into: Array("<a/>".utf8)) }
    }

    @Test(arguments: ["<a/>", "", "<Envelope><Header/><Body/></Envelope>"])
    func `an envelope without credentials has no key`(text: String) {
        #expect(SOAPSecurity.password(in: Array(text.utf8)) == nil)
    }
}
