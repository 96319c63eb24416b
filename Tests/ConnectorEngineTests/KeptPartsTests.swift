import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// What is kept from one call to the next must belong to the next one, too.
struct KeptPartsTests {
    private let sender = ScriptedSender(.json(["id": "7", "name": "G"]))

    private func get(
        _ id: String,
        _ engine: Engine,
        document: JSONValue = AcmeVendor.document(["kind": "none"]),
        variables: JSONObject = [:],
        access: UsableAccess,
        query: [(name: String, value: String)] = [("fields", "id")]
    ) async throws {
        _ = try await engine.execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: "get",
                id: id,
                query: query,
                account: TestWorld.account
            ),
            connector: TestWorld.connector(document, compiler: AcmeVendor.compiler),
            variables: variables,
            access: FixedAccess(access)
        )
    }

    @Test func `calls in the same words go to the host of their own connector, for their own record`() async throws {
        let engine = try TestWorld.engine(sender)
        let other: JSONValue = ["http": ["base_url": "https://{{region}}.acme.example"], "hosts": ["*.acme.example"]]
        let document = AcmeVendor.document(["kind": "none"])
        for _ in 0..<2 {
            try await get("1", engine, access: TestWorld.access())
            try await get(
                "2",
                engine,
                document: document.overlaid(by: other),
                variables: ["region": "eu"],
                access: TestWorld.access()
            )
        }
        let urls = ["https://api.acme.example/v1/people/1", "https://eu.acme.example/people/2"]
        #expect(sender.requests.map(\.url) == urls + urls)
    }

    @Test func `a host that is not the connector's is refused however often it is asked for`() async throws {
        let engine = try TestWorld.engine(sender)
        let document = AcmeVendor.document(["kind": "none"]).overlaid(
            by: ["http": ["base_url": "https://{{region}}.example"]]
        )
        for region in ["evil", "api.acme", "evil"] {
            let call = {
                try await self.get(
                    "1",
                    engine,
                    document: document,
                    variables: ["region": .string(region)],
                    access: TestWorld.access()
                )
            }
            if region == "api.acme" {
                try await call()
            } else {
                await #expect(throws: Problem.self) { try await call() }
            }
        }
        #expect(sender.requests.map(\.url) == ["https://api.acme.example/people/1"])
    }

    @Test func `an access is put in as the account's variables and the way to connect want it`() async throws {
        let engine = try TestWorld.engine(sender)
        let access = TestWorld.access()
        let document = AcmeVendor.document(["kind": "none"]).overlaid(
            by: ["auth": ["key": ["inject": ["headers": ["X-Place": "{{context.place}}"]]]]]
        )
        for place in ["a", "a", "b"] {
            try await get("1", engine, document: document, variables: ["place": .string(place)], access: access)
        }
        try await get("1", engine, access: access)
        try await get("1", engine, access: TestWorld.access("newer"))
        let field = try #require(HTTPField.Name("X-Place"))
        #expect(sender.requests.map { $0.headers[field] } == ["a", "a", "b", nil, nil])
        #expect(sender.requests.map { $0.headers[.authorization] }.suffix(2) == ["Bearer t0ken", "Bearer newer"])
    }

    @Test func `a refusal is not kept, and neither is a cursor`() async throws {
        let engine = try TestWorld.engine(sender)
        for _ in 0..<2 {
            await #expect(throws: Problem.self) {
                try await get("1", engine, access: TestWorld.access(), query: [("shoe_size", "44")])
            }
        }
        try await get("1", engine, access: TestWorld.access())
        #expect(sender.requests.count == 1)
    }
}
