import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct WriteOutcomeTests {
    private static let timeout = ExchangeError(.timeout, "slow", requestMayHaveBeenSent: true)
    private let body: JSONValue = [
        "last_name": "Birk", "email_addresses": [["email": "ada@b.example", "type": "work"]],
    ]

    private func verifying(_ more: JSONValue = [:]) -> JSONValue {
        let verification: JSONValue = [
            "query": ["email_addresses[email]": "{{body.email_addresses.0.email}}"],
            "match": ["$jsonata": "record.last_name = body.last_name"],
        ]
        return BirchVendor.method("create", ["verify_write": verification.overlaid(by: more)])
    }

    /// A vendor that does not answer a write, and finds these people.
    private func silent(finding people: [JSONValue]) -> ScriptedSender {
        ScriptedSender { (request, _) throws(ExchangeError) in
            if request.method != .get { throw Self.timeout }
            return .json(["people": .array(people)])
        }
    }

    @Test func `a create at an address that the vendor does not know says so`() async throws {
        let problem = await BirchVendor.problem(ScriptedSender(.json([:], status: 404)), "create", body: body)
        #expect(problem?.code == .remoteNotFound && problem?.remote?.status == 404)
        #expect(problem?.message.hasPrefix("the vendor does not know the address of this resource") == true)
    }

    @Test func `a write without an answer is not sent again and its outcome is unknown`() async throws {
        let sender = silent(finding: [])
        let problem = await BirchVendor.problem(sender, "create", body: body)
        #expect(problem?.code == .remoteTimeout)
        #expect(problem?.outcome == "unknown")
        #expect(sender.requests.count == 1)
    }

    @Test(arguments: [500, 502, 504])
    func `a breakdown at the vendor leaves the outcome unknown`(_ status: Int) async throws {
        let sender = ScriptedSender(.json(["error": "x"], status: status))
        let problem = await BirchVendor.problem(sender, "update", id: "p1", body: body)
        #expect(problem?.outcome == "unknown")
        #expect(sender.requests.count == 1)
    }

    @Test func `a refusal has no unknown outcome`() async throws {
        let sender = ScriptedSender(.json(["error": "bad"], status: 400))
        let problem = await BirchVendor.problem(sender, "create", body: body)
        #expect(problem?.code == .remoteValidationFailed)
        #expect(problem?.outcome == nil)
    }

    @Test func `a vendor's complaint about a field points into the caller's body`() async throws {
        let answer: JSONValue = [
            "error": "invalid",
            "wrong": [
                ["at": "mails.address", "why": "taken"], ["at": "Last", "why": "long"], ["at": "x_a", "why": "odd"],
                ["at": "/birthday", "why": "old"], ["at": "other", "why": "?"],
            ],
        ]
        let patch: JSONValue = [
            "errors": [
                [
                    "when": ["status": 422], "as": "remote_validation_failed",
                    "fields": ["$jsonata": "response.wrong.{\"pointer\": at, \"message\": why, \"code\": \"bad\"}"],
                ]
            ]
        ]
        let problem = await BirchVendor.problem(
            ScriptedSender(.json(answer, status: 422)),
            "create",
            body: body.overlaid(by: ["custom_fields": ["x_a": 1]]),
            patch: patch
        )
        #expect(problem?.code == .remoteValidationFailed)
        #expect(
            problem?.failures.map(\.pointer)
                == ["/email_addresses/0/email", "/last_name", "/custom_fields/x_a", "/birthday", ""]
        )
    }

    @Test func `a read that finds the record settles the outcome`() async throws {
        let sender = silent(finding: [BirchVendor.person(), BirchVendor.person(["id": "p2", "last": "Other"])])
        let result = try await BirchVendor.execute(sender, "create", body: body, patch: verifying())
        #expect(result.json["id"] == "p1")
        #expect(result.warnings.map(\.code) == ["verified_by_reading"])
        #expect(sender.requests.last?.query("mail") == "ada@b.example")
    }

    @Test func `a read that finds nothing says so, and settles it where reads see writes at once`() async throws {
        let open = await BirchVendor.problem(silent(finding: []), "create", body: body, patch: verifying())
        #expect(open?.outcome == "unknown")
        #expect(open?.insight?["verification"] == "not_found")
        let settled = await BirchVendor.problem(
            silent(finding: []),
            "create",
            body: body,
            patch: verifying(["consistent": true])
        )
        #expect(settled?.outcome == "not_applied")
    }

    @Test func `a read that finds several settles nothing`() async throws {
        let people = [BirchVendor.person(), BirchVendor.person(["id": "p2"])]
        let problem = await BirchVendor.problem(silent(finding: people), "create", body: body, patch: verifying())
        #expect(problem?.outcome == "unknown")
        #expect(problem?.insight?["verification"] == "ambiguous")
    }

    @Test func `a verification that fails itself leaves the outcome unknown`() async throws {
        let sender = ScriptedSender { (_, _) throws(ExchangeError) in throw Self.timeout }
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: verifying())
        #expect(problem?.code == .remoteTimeout)
        #expect(problem?.outcome == "unknown")
    }
}
