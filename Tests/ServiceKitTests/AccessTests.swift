import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Testing
import Vocabulary

/// Who may call what.
struct AccessTests {
    static func key(_ scopes: Set<Scope>, tenant: TenantID? = .random()) -> CallerIdentity {
        .apiKey(APIKeyIdentity(keyID: .random(), tenantID: tenant, environmentID: nil, scopes: scopes))
    }

    static let callers: [String: CallerIdentity] = [
        "reader": key([.unifiedRead]), "writer": key([.unifiedRead, .unifiedWrite]), "admin": key([.admin]),
        "platform": key([.platform], tenant: nil), "impostor": key([.platform, .admin]),
        "broker": .service(.broker), "vault": .service(.vault),
    ]

    @Test(arguments: [
        (Endpoint.Access.public, ["": 204, "reader": 204, "broker": 204]),
        (.apiKey([.unifiedRead]), ["": 401, "reader": 204, "admin": 403, "platform": 204, "broker": 403]),
        (.apiKey([.unifiedRead, .unifiedWrite]), ["reader": 403, "writer": 204]),
        (.admin([]), ["": 401, "reader": 403, "admin": 204, "platform": 204, "vault": 403]),
        (.admin([.platform]), ["admin": 403, "impostor": 403, "platform": 204]),
        (.service([.broker]), ["": 401, "reader": 401, "platform": 401, "broker": 204, "vault": 403]),
    ])
    func `an endpoint takes only the callers it is for`(access: Endpoint.Access, expected: [String: Int]) async throws {
        let endpoint = Endpoint(.get, "/x", operationID: "x", summary: "x", access: access, responses: []) { _ in
            .empty()
        }
        let service = try InProcess([endpoint], authenticator: NamedCallers(callers: Self.callers))
        for (caller, status) in expected {
            let answer = try await service.send(.get, "/x", headers: caller.isEmpty ? [:] : [.authorization: caller])
            #expect(answer.status == status, "\(caller)")
        }
    }

    @Test func `a missing scope is named`() async throws {
        let endpoint = Endpoint(
            .get,
            "/x",
            operationID: "x",
            summary: "x",
            access: .apiKey([.unifiedRead, .debug]),
            responses: []
        ) { _ in .empty() }
        let service = try InProcess([endpoint], authenticator: NamedCallers(callers: Self.callers))
        let answer = try await service.send(.get, "/x", headers: [.authorization: "reader"])
        #expect(try answer.json["code"] == "forbidden_scope")
        #expect(try answer.json["insight"] == ["missing_scopes": ["debug"]])
    }

    @Test(arguments: ["Basic abc", "Bearer", "trib_abc", "Bearer  trib_good", "Bearer trib_bad", "Bearer x.y.z"])
    func `a credential that is wrong or unreadable is refused`(authorization: String) async throws {
        let authenticator = BearerAuthenticator(tokens: nil) { text in
            text.reveal() == "trib_good" ? Self.key([.admin]).apiKey : nil
        }
        await #expect { try await authenticator.identify([.authorization: authorization]) } throws: { error in
            (error as? Problem)?.code == .unauthorized
        }
        #expect(try await authenticator.identify([.authorization: "bearer trib_good"]).apiKey?.scopes == [.admin])
        #expect(try await authenticator.identify([:]) == .anonymous)
        let twice: HeaderFields = [.authorization: "Bearer trib_good", .authorization: "Bearer trib_good"]
        await #expect(throws: Problem.self) { try await authenticator.identify(twice) }
    }
}
