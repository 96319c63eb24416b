import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

/// The words about limits and repetitions.
struct TrafficConfigTests {
    private func document(_ words: JSONValue) throws -> ConnectorDocument {
        let base: JSONValue = [
            "name": "acme", "hosts": ["api.acme.example"], "auth": ["none": ["kind": "none"]],
            "http": ["base_url": "https://api.acme.example"],
        ]
        return try ConnectorDocument(base.overlaid(by: words))
    }

    @Test func `without words there are defaults`() throws {
        let document = try document([:])
        #expect(document.retry.max == 2 && document.retry.statuses == [429, 502, 503, 504])
        #expect(document.retry.reasons == [.connectFailed, .connectionLost])
        #expect(document.retry.maxWaitInteractive == .seconds(2))
        #expect(document.circuit.threshold == 10 && document.concurrency.account == 16)
        #expect(document.budgets.isEmpty && document.rateLimit.windows.isEmpty)
    }

    @Test func `the words say otherwise`() throws {
        let document = try document([
            "retry": ["max": 4, "on": [500, "timeout"], "methods": ["post"], "wait": 1.5, "max_wait_background": 90],
            "circuit": ["threshold": 3, "window": 5, "cooldown": 7.5],
            "concurrency": ["account": 2, "app": 9],
            "budget": [
                [
                    "name": "day", "scope": "vendor_tenant", "key": "{{org}}", "window": "fixed", "seconds": 86_400,
                    "amount": 15_000, "reserve": 0.2, "cost": ["search": 5, "free": 0],
                ],
                ["seconds": 1, "amount": 5, "classes": ["search"]],
                ["seconds": 10, "amount": 100, "except": "search"],
            ],
        ])
        #expect(document.retry.max == 4 && document.retry.statuses == [500] && document.retry.reasons == [.timeout])
        #expect(document.retry.methods == ["POST"] && document.retry.wait == .milliseconds(1500))
        #expect(document.circuit.cooldown == .milliseconds(7500))
        #expect(document.concurrency.app == 9)
        #expect(document.budgets.map(\.name) == ["day", "budget2", "budget3"])
        #expect(document.budgets[0].window == .fixed && document.budgets[0].reserve == 0.2)
        #expect(document.budgets.map { $0.cost(of: "search") } == [5, 1, nil])
        #expect(document.budgets.map { $0.cost(of: nil) } == [1, nil, 1])
        #expect(document.budgets[0].cost(of: "free") == nil)
    }

    @Test func `an expression that only names a header field is read without being run`() throws {
        let limits = try document([
            "rate_limit": ["remaining": ["$jsonata": "headers.`x-left`"], "limit": ["$jsonata": "response.limit"]]
        ]).rateLimit
        guard case .header("x-left")? = limits.windows.first?.remaining?.source,
            case .expression? = limits.windows.first?.limit?.source
        else {
            Issue.record("the sources are \(String(describing: limits.windows.first))")
            return
        }
        #expect(limits.mentionsBody)
    }

    private static let wrong: [(words: String, pointer: String)] = [
        (#"{"retry": {"max": 9}}"#, "/retry/max"),
        (#"{"retry": {"on": ["sometimes"]}}"#, "/retry/on/0"),
        (#"{"retry": {"jitter": 2}}"#, "/retry/jitter"),
        (#"{"circuit": {"treshold": 2}}"#, "/circuit/treshold"),
        (#"{"budget": [{"amount": 3}]}"#, "/budget/0"),
        (#"{"budget": [{"seconds": 1, "amount": 2, "scope": "me"}]}"#, "/budget/0/scope"),
        (#"{"budget": [{"seconds": 1, "amount": 2, "scope": "vendor_tenant"}]}"#, "/budget/0"),
        (
            #"{"budget": [{"seconds": 1, "amount": 2, "name": "a"}, {"seconds": 1, "amount": 2, "name": "a"}]}"#,
            "/budget/1"
        ),
        (#"{"rate_limit": {"windows": [{"left": 1}]}}"#, "/rate_limit/windows/0/left"),
        (#"{"rate_limit": {"reset_at": {"value": 1, "format": "minutes"}}}"#, "/rate_limit/reset_at/format"),
        (#"{"concurrency": {"account": 0}}"#, "/concurrency/account"),
    ]

    @Test(arguments: wrong) func `what cannot be is named`(words: String, pointer: String) throws {
        let words = try JSONValue(parsing: words)
        let error = #expect(throws: ConnectorConfigError.self) { try document(words) }
        #expect(error?.pointer == pointer)
    }

    @Test(arguments: [OverrideLevel.environment, .account]) func `each level may change them`(
        level: OverrideLevel
    ) throws {
        let base: JSONValue = [
            "name": "acme", "hosts": ["api.acme.example"], "auth": ["none": ["kind": "none"]],
            "http": ["base_url": "https://api.acme.example"], "budget": [["seconds": 1, "amount": 5]],
        ]
        let layer: JSONValue = [
            "budget": [["seconds": 1, "amount": 50]], "retry": ["max": 0], "circuit": ["threshold": 5],
            "concurrency": ["account": 3],
        ]
        let connector = try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: base),
            layers: [ConfigLayer(level: level, version: 1, document: layer)]
        )
        #expect(connector.document.retry.max == 0 && connector.document.concurrency.account == 3)
        guard case .literal(let amount)? = connector.document.budgets.first?.amount else {
            Issue.record("the amount is no literal")
            return
        }
        #expect(amount == 50)
    }
}
