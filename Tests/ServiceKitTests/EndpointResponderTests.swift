import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Testing
import Vocabulary

/// The checks before a handler and what becomes of its errors.
struct EndpointResponderTests {
    struct Message: Codable, Equatable {
        let name: String
        let age: Int?
    }

    static let list = Endpoint(
        .get,
        "/things",
        operationID: "listThings",
        summary: "Things",
        access: .public,
        query: [
            QueryParameter("limit", .integer(1...200), "page size"),
            QueryParameter("archived", .boolean, "with archived ones"),
            QueryParameter("kind", .oneOf(["a", "b"]), "kind"),
            QueryParameter("tag", .string, "a tag", repeats: true),
            QueryParameter("sort_by[]", .oneOf(["asc", "desc"]), "order"),
        ],
        responses: [ResponseSpec(200, "Things")]
    ) { request in
        .json(["limit": .number(JSONNumber(request.query.integer("limit") ?? 50))])
    }

    static let create = Endpoint(
        .post,
        "/things",
        operationID: "createThing",
        summary: "A thing",
        access: .public,
        body: BodySpec(schema: ["type": "object"], bytesMax: 200),
        responses: [ResponseSpec(201, "Created")]
    ) { request in
        let message = try request.decode(Message.self)
        return .json(["name": .string(message.name)], status: 201)
    }

    static func failing(_ error: any Error) -> Endpoint {
        .test { _ in throw error }
    }

    @Test(arguments: [
        ("/things?limt=5", "unknown_parameter", "did you mean limit?"),
        ("/things?colour=5", "unknown_parameter", "known are limit, archived"),
        ("/things?limit=0", "invalid_request", "from 1 to 200"),
        ("/things?limit=201", "invalid_request", "from 1 to 200"),
        ("/things?limit=+5", "invalid_request", "from 1 to 200"),
        ("/things?limit=", "invalid_request", "from 1 to 200"),
        ("/things?limit=1&limit=2", "invalid_request", "only once"),
        ("/things?archived=yes", "invalid_request", "true or false"),
        ("/things?kind=c", "invalid_request", "one of a, b"),
        ("/things?sort_by[x]=up", "invalid_request", "one of asc, desc"),
        ("/things?sort_by=asc", "unknown_parameter", "sort_by"),
        ("/things?limit=%zz", "invalid_request", "percent escape"),
        ("/things?tag=%ff", "invalid_request", "percent escape"),
        ("/things?tag=%00", "invalid_request", "percent escape"),
    ])
    func `a query that does not fit is refused with its name and the fix`(
        target: String,
        code: String,
        words: String
    ) async throws {
        let answer = try await InProcess([Self.list]).send(.get, target)
        #expect(answer.status == 400)
        #expect(try answer.json["code"] == .string(code))
        #expect(try answer.json["message"]?.string?.contains(words) == true)
    }

    @Test(arguments: [
        "/things?limit=200&archived=false", "/things?kind=b&tag=x&tag=y%20z", "/things?sort_by[updated_at]=asc",
        "/things?",
    ])
    func `a query that fits passes`(target: String) async throws {
        #expect(try await InProcess([Self.list]).send(.get, target).status == 200)
    }

    @Test func `a required parameter that is missing is named`() async throws {
        let endpoint = Endpoint(
            .get,
            "/x",
            operationID: "x",
            summary: "x",
            access: .public,
            query: [QueryParameter("id", .string, "an id", isRequired: true)],
            responses: []
        ) { _ in .empty() }
        let answer = try await InProcess([endpoint]).send(.get, "/x")
        #expect(try answer.json["details"]?["failures"]?[0]?["pointer"] == "id")
        #expect(try answer.json["details"]?["failures"]?[0]?["code"] == "required")
    }

    @Test(arguments: [
        ("{\"name\":\n  nope}", 400, "invalid_request", "line 2, column"),
        ("", 400, "invalid_request", "body is missing"),
        (#"{"name":"a","name":"b"}"#, 400, "invalid_request", "line 1"),
        (#"{"age":1}"#, 422, "missing_required_field", "name"),
        (#"{"name":1}"#, 400, "invalid_request", "/name"),
        (#"{"name":"a","agee":1}"#, 400, "invalid_request", "did you mean"),
        (#"["a"]"#, 400, "invalid_request", "object"),
    ])
    func `a body that does not fit is refused with its place`(
        body: String,
        status: Int,
        code: String,
        words: String
    ) async throws {
        let answer = try await InProcess([Self.create]).send(.post, "/things", body: body)
        #expect(answer.status == status)
        #expect(try answer.json["code"] == .string(code))
        #expect(try answer.json["message"]?.string?.contains(words) == true)
    }

    @Test func `another media type or coding is refused`() async throws {
        let service = try InProcess([Self.create])
        let form = try await service.send(
            .post,
            "/things",
            headers: [.contentType: "application/x-www-form-urlencoded"],
            body: "name=a"
        )
        #expect(form.status == 415)
        #expect(try form.json["message"]?.string?.contains("application/json") == true)
        let zipped = try await service.send(.post, "/things", headers: [.contentEncoding: "gzip"], body: "{}")
        #expect(zipped.status == 415)
        let charset = try await service.send(
            .post,
            "/things",
            headers: [.contentType: "Application/JSON; charset=utf-8"],
            body: #"{"name":"a"}"#
        )
        #expect(charset.status == 201)
    }

    @Test func `a body where none is taken is refused`() async throws {
        let answer = try await InProcess([Self.list]).send(.get, "/things", body: "{}")
        #expect(answer.status == 400)
        #expect(try answer.json["message"] == "this operation takes no body")
    }

    @Test func `an unexpected error shows nothing but the request id, and the log has the rest`() async throws {
        struct Oops: Error { let detail = "row 7 of secrets" }
        let log = LogLines()
        let service = try InProcess([Self.failing(Oops())], logger: log.logger())
        let answer = try await service.send(.get, "/x", headers: [.requestID: "req-9"])
        #expect(answer.status == 500)
        #expect(try answer.json["code"] == "internal_error")
        #expect(try answer.json["request_id"] == "req-9")
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("row 7"))
        #expect(log.text.contains("row 7"))
        #expect(log.text.contains("req-9"))
    }

    @Test func `a problem is written as the envelope with everything it knows`() async throws {
        let problem = Problem(
            .remoteRateLimited,
            "the vendor asks to wait",
            failures: [.init(code: "required", message: "missing", pointer: "/a")],
            remote: .init(status: 429, code: "LIMIT", message: "slow", body: ["x": 1]),
            retryAfter: .milliseconds(1500),
            outcome: "unknown",
            insight: ["y": 2]
        )
        let answer = try await InProcess([Self.failing(problem)]).send(.get, "/x", headers: [.requestID: "r"])
        #expect(answer.status == 429)
        #expect(answer.headers[.retryAfter] == "2")
        #expect(answer.headers[.contentType] == "application/json")
        let expected = """
            {"statusCode":429,"error":"Too Many Requests","message":"the vendor asks to wait","code":"remote_rate_limited",\
            "request_id":"r","retryable":false,"is_remote_error":true,"retry_after":2,"outcome":"unknown",\
            "remote":{"status":429,"code":"LIMIT","message":"slow","body":{"x":1}},\
            "details":{"failures":[{"code":"required","message":"missing","pointer":"/a"}]},"insight":{"y":2}}
            """
        #expect(String(decoding: answer.body, as: UTF8.self) == expected)
    }

    @Test func `a caller that asks for problem json gets it`() async throws {
        let service = try InProcess([Self.failing(Problem(.notFound, "no such thing"))])
        let answer = try await service.send(.get, "/x", headers: [.accept: "application/problem+json, */*"])
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(try answer.json["status"] == 404)
        #expect(try answer.json["title"] == "Not Found")
        #expect(try answer.json["detail"] == "no such thing")
        #expect(try answer.json["type"] == "urn:tributary:problem:not_found")
        #expect(try answer.json["code"] == "not_found")
    }

    @Test(arguments: ErrorCode.allCases)
    func `every code has its status, and Retry-After where it is promised`(code: ErrorCode) async throws {
        let answer = try await InProcess([Self.failing(Problem(code, "x"))]).send(.get, "/x")
        #expect(answer.status == code.status)
        #expect((answer.headers[.retryAfter] != nil) == [429, 503].contains(code.status))
        #expect((answer.headers[.wwwAuthenticate] != nil) == (code.status == 401))
        #expect(try answer.json["error"]?.string?.isEmpty == false)
    }

    @Test func `path parameters are decoded strictly and the rest of a path is kept raw`() async throws {
        let one = Endpoint.test(.get, "/things/{id}") { .json(.string(try $0.pathParameter("id"))) }
        let proxy = Endpoint.test(.get, "/proxy/@{account}/{rest...}") { request in
            .json([.string(try request.pathParameter("account")), .string(try request.pathParameter("rest"))])
        }
        let service = try InProcess([one, proxy])
        #expect(try await service.send(.get, "/things/a%2Fb%20c").json == "a/b c")
        #expect(try await service.send(.get, "/proxy/@7/a%2Fb//../c;d?x=%41").json == ["7", "a%2Fb//../c;d"])
        for target in [
            "/things/", "/things/..", "/things/%2e%2e", "/things/%zz", "/things/%00", "/things/%ff", "/things/a/",
            "/things//a", "/proxy/7/a", "/proxy/@/a",
        ] {
            #expect(try await service.send(.get, target).status == 404, "\(target)")
        }
    }

    @Test func `an identifier of another spelling is not found`() async throws {
        let endpoint = Endpoint.test(.get, "/t/{id}") { request in
            .json(.string(try request.identifier("id", of: TenantID.self).description))
        }
        let service = try InProcess([endpoint])
        let id = TenantID.random().description
        #expect(try await service.send(.get, "/t/\(id)").json == .string(id))
        for spelling in [id.uppercased(), "%7B\(id)%7D", String(id.dropLast()), id + "0"] {
            #expect(try await service.send(.get, "/t/\(spelling)").status == 404)
        }
    }
}
