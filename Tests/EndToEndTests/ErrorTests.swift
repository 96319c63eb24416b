import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"), .serialized)
struct ErrorTests {
    let installation: Installation

    init() throws {
        installation = try Installation.shared.get()
    }

    private var contacts: String {
        "/unified/crm/contacts?integrated_account_id=\(installation["ACCOUNT_HUBSPOT"])&limit=1"
    }

    private func check(_ answer: Installation.Answer, _ status: Int, _ code: String) {
        #expect(answer.status == status && answer.code == code, "\(answer.status) \(answer.body.text())")
        #expect(answer.body["statusCode"]?.int == status)
        #expect(answer.body["request_id"]?.string?.isEmpty == false)
        for secret in [
            installation["TRIBUTARY_API_KEY"], installation["TRIBUTARY_ADMIN_KEY"], "tributary-demo-secret", "access-",
        ] {
            #expect(!String(decoding: answer.bytes, as: UTF8.self).contains(secret))
        }
        if status == 429 || status == 503 { #expect(answer.headers[.retryAfter] != nil) }
    }

    @Test func `an unknown account is not found`() async throws {
        let answer = try await installation.api(
            "/unified/crm/contacts?integrated_account_id=00000000-0000-4000-8000-000000000000"
        )
        check(answer, 404, "not_found")
    }

    @Test func `a wrong key is refused, and so is none`() async throws {
        check(try await installation.api(contacts, key: "trib_wrong"), 401, "unauthorized")
    }

    @Test func `a cursor that is not ours is refused`() async throws {
        check(try await installation.api(contacts + "&next_cursor=abc"), 400, "cursor_mismatch")
    }

    @Test func `a malformed body names line and column`() async throws {
        let answer = try await installation.call(
            .post,
            installation["TRIBUTARY_CONNECT_URL"] + "/link-tokens",
            raw: Array("{\"end_user\": {,}}".utf8)
        )
        check(answer, 400, "invalid_request")
        #expect(answer.body["message"]?.string?.contains("line 1") == true)
    }

    @Test func `an oversized body is refused while it is read`() async throws {
        let answer = try await installation.call(
            .post,
            installation["TRIBUTARY_CONNECT_URL"] + "/link-tokens",
            raw: [UInt8](repeating: UInt8(ascii: " "), count: 3 * 1024 * 1024)
        )
        check(answer, 413, "payload_too_large")
    }

    @Test(arguments: [
        ("unauthorized", 401, "account_needs_reauth"), ("forbidden", 403, "remote_forbidden"),
        ("not_found", 404, "remote_not_found"), ("rate_limited", 429, "remote_rate_limited"),
        ("server_error", 502, "remote_unavailable"), ("garbage", 502, "remote_bad_response"),
        ("huge", 502, "remote_response_too_large"),
    ])
    func `what the vendor answers wrongly is told in our words`(fault: String, status: Int, code: String) async throws {
        try await installation.provoke(fault, vendor: "hubspot")
        let answer = try await installation.api(contacts)
        check(answer, status, code)
        #expect(answer.body["is_remote_error"]?.bool == true)
        // Nothing is lost: the next call goes through.
        #expect(try await installation.api(contacts).status == 200)
    }

    @Test func `a vendor that hangs up is a vendor that is not available`() async throws {
        // A read is sent again once on a fresh connection, so both must be cut.
        try await installation.provoke("drop", vendor: "hubspot", times: 6)
        let answer = try await installation.api(contacts)
        check(answer, 502, "remote_unavailable")
        _ = try await installation.wait(.seconds(10)) { try await installation.api(contacts).status == 200 }
    }

    @Test func `problem+json is given to those who ask for it`() async throws {
        let program = try Installation.run(
            "/usr/bin/curl",
            [
                "-s", "-H", "Accept: application/problem+json",
                "\(installation["TRIBUTARY_API_URL"])/unified/crm/contacts",
            ],
            [:]
        )
        let body = try JSONValue(parsing: program.output)
        #expect(body["status"]?.int == 401 && body["type"] != nil && body["title"] != nil)
    }
}
