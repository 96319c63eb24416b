import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// What error rules make of a vendor's answers.
struct ErrorRuleTests {
    private func problem(
        _ rules: JSONValue,
        _ answer: InboundResponse,
        errorBody: JSONValue = ["code": ["$jsonata": "response.code"], "message": ["$jsonata": "response.text"]],
        list: JSONValue = [:]
    ) async throws -> Problem {
        let document = OrchardVendor.document(list: list, more: ["errors": rules, "error_body": errorBody])
        return try #require(try await OrchardVendor.problem(document, answer))
    }

    struct Condition: Sendable {
        let when: JSONValue
        let code: ErrorCode
    }

    static let conditions: [Condition] = [
        Condition(when: ["status": 403, "header": ["X-Quota": "*"]], code: .remoteRateLimited),
        Condition(when: ["status": 403, "header": ["x-quota": "over*"]], code: .remoteRateLimited),
        Condition(when: ["status": 403, "header": ["x-quota": "under"]], code: .remoteForbidden),
        Condition(when: ["status": 403, "header": ["x-other": "*"]], code: .remoteForbidden),
        Condition(when: ["body_contains": "TOO MANY"], code: .remoteRateLimited),
        Condition(when: ["body_contains": "nothing"], code: .remoteForbidden),
        Condition(when: ["message_contains": "Too Many"], code: .remoteRateLimited),
        Condition(when: ["code": ["A", "Q1"]], code: .remoteRateLimited),
        Condition(when: ["code": "A"], code: .remoteForbidden),
        Condition(when: ["expr": ["$jsonata": "status = 403 and code = 'Q1'"]], code: .remoteRateLimited),
        Condition(when: ["expr": ["$jsonata": "response.deep.none"]], code: .remoteForbidden),
        Condition(when: "status = 403 and code = 'Q1'", code: .remoteRateLimited),
        Condition(when: ["$jsonata": "code = 'A'"], code: .remoteForbidden),
    ]

    @Test(arguments: conditions)
    func `a rule fits when all its conditions hold`(condition: Condition) async throws {
        let name = try #require(HTTPField.Name("X-Quota"))
        let answer = OrchardVendor.answer(
            #"{"code":"Q1","text":"too many calls"}"#,
            status: 403,
            headers: [name: "over by 3"]
        )
        let rule: JSONValue = ["when": condition.when, "as": "remote_rate_limited"]
        #expect(try await problem([rule], answer).code == condition.code)
    }

    @Test func `the first rule that fits decides, and without one the status does`() async throws {
        let rules: JSONValue = [
            ["when": ["status": 500, "code": "BAD_PASSWORD"], "needs_reauth": true],
            ["when": ["status": 500], "as": "remote_conflict"],
        ]
        let password = try await problem(rules, OrchardVendor.answer(#"{"code":"BAD_PASSWORD"}"#, status: 500))
        #expect(password.code == .accountNeedsReauth)
        #expect(password.insight?["needs_reauth"] == true)
        #expect(try await problem(rules, OrchardVendor.answer("{}", status: 500)).code == .remoteConflict)
        #expect(try await problem([], OrchardVendor.answer("{}", status: 500)).code == .remoteUnavailable)
    }

    @Test func `an error inside of a good answer is one`() async throws {
        let rules: JSONValue = [["when": ["status": 200, "code": "GONE"], "as": "remote_not_found"]]
        #expect(try await problem(rules, OrchardVendor.answer(#"{"code":"GONE"}"#)).code == .remoteNotFound)
    }

    @Test func `the caller reads the rule's words and code`() async throws {
        let rules: JSONValue = [
            [
                "when": ["status": 409], "message": "the plan '{{response.plan}}' has no {{message}}",
                "remote_code": ["$jsonata": "response.detail[0].reason"],
            ]
        ]
        let answer = OrchardVendor.answer(
            #"{"code":"X","text":"orchards","plan":"free","detail":[{"reason":"PLAN"}]}"#,
            status: 409
        )
        let found = try await problem(rules, answer)
        #expect(found.message == "the plan 'free' has no orchards")
        #expect(found.remote?.code == "PLAN")
        #expect(found.remote?.message == "orchards")
    }

    @Test func `faults of fields point into the unified body`() async throws {
        let answer = OrchardVendor.answer(
            #"{"errors":{"surname":"is too long","mails":[{"no":2,"why":"bad","kind":"format"}]}}"#,
            status: 422
        )
        let named = try await problem(
            [
                [
                    "when": ["status": 422],
                    "fields": [
                        "/last_name": ["$jsonata": "response.errors.surname"], "/x": ["$jsonata": "response.no"],
                    ],
                ]
            ],
            answer
        )
        #expect(named.failures == [.init(code: "invalid", message: "is too long", pointer: "/last_name")])
        let list: JSONValue = [
            "$jsonata":
                #"response.errors.mails.{"pointer": "/email_addresses/" & no & "/email", "code": kind, "message": why}"#
        ]
        let expected = [Problem.Failure(code: "format", message: "bad", pointer: "/email_addresses/2/email")]
        #expect(try await problem([["when": ["status": 422], "fields": list]], answer).failures == expected)
        #expect(try await problem([], answer, errorBody: ["failures": list]).failures == expected)
    }

    @Test func `missing scopes are told by the rule, and the call's own scopes by the document`() async throws {
        let rules: JSONValue = [["when": ["status": 403], "missing_scopes": ["$jsonata": "response.need"]]]
        let found = try await problem(
            rules,
            OrchardVendor.answer(#"{"need":["trees.read"]}"#, status: 403),
            list: ["scopes": ["trees.read", "trees.list"]]
        )
        #expect(found.insight?["missing_scopes"] == ["trees.read"])
        #expect(found.insight?["required_scopes"] == ["trees.read", "trees.list"])
    }

    @Test func `a forgotten cursor makes the caller start again, and an ignored error is an empty list`() async throws {
        let reset: JSONValue = [["when": ["status": 410], "retry": "reset_pagination"]]
        #expect(try await problem(reset, OrchardVendor.answer("{}", status: 410)).code == .cursorMismatch)
        let ignored: JSONValue = ["errors": [["when": ["status": 410], "ignore": true]]]
        let sender = ScriptedSender(OrchardVendor.answer("{}", status: 410))
        let answer = try await OrchardVendor.call(OrchardVendor.document(more: ignored), sender)
        #expect(answer["result"] == [])
    }

    private func envelope(_ fault: String) -> String {
        #"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"# + fault + "</s:Body></s:Envelope>"
    }

    @Test func `a SOAP fault has its code and words without further description`() async throws {
        let old = "<s:Fault><faultcode>s:Client.auth</faultcode><faultstring>no such user</faultstring></s:Fault>"
        let new = """
            <s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>o:Client.auth</s:Value></s:Subcode></s:Code>\
            <s:Reason><s:Text xml:lang="en">no such user</s:Text></s:Reason></s:Fault>
            """
        let rules: JSONValue = [["when": ["code": "Client.auth"], "as": "account_needs_reauth"]]
        for fault in [old, new] {
            for format in ["soap", "json"] {
                let found = try await problem(
                    rules,
                    OrchardVendor.answer(envelope(fault), "text/xml", status: 500),
                    errorBody: [:],
                    list: ["response_format": .string(format)]
                )
                #expect(found.code == .accountNeedsReauth)
                #expect(found.remote?.code == "Client.auth")
                #expect(found.remote?.message == "no such user")
            }
        }
    }

    @Test func `a JSON error of a vendor that answers in XML is read, and a web page is not shown`() async throws {
        let xml: JSONValue = ["response_format": "xml"]
        let json = try await problem([], OrchardVendor.answer(#"{"code":"Z"}"#, status: 400), list: xml)
        #expect(json.remote?.code == "Z")
        let page = OrchardVendor.answer("<html><body>secret</body></html>", "text/html", status: 503)
        #expect(try await problem([], page, list: xml).remote?.body == nil)
    }
}
