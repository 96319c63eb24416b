import ConnectorConfig
import JSONValue
import Testing

@testable import ConnectorEngine

/// When a call is sent again.
struct RetryPolicyTests {
    private func config(_ words: JSONValue = [:]) throws -> RetryConfig {
        try TestWorld.connector(AcmeVendor.document(["kind": "none"]).overlaid(by: ["retry": words])).document.retry
    }

    private func policy(
        _ words: JSONValue = [:],
        method: String = "GET",
        isIdempotent: Bool = true,
        priority: TrafficPriority = .interactive
    ) throws -> RetryPolicy {
        RetryPolicy(try config(words), method: method, isIdempotent: isIdempotent, priority: priority)
    }

    private func action(
        _ policy: RetryPolicy,
        _ failure: RetryPolicy.Failure,
        patience: Duration = .seconds(2),
        random: Double = 1
    ) -> RetryPolicy.Action {
        var policy = policy
        var patience = patience
        return policy.action(after: failure, patience: &patience, random: random)
    }

    @Test func `waits grow, are random, and end`() throws {
        var policy = try policy(["max": 3, "wait": 0.1, "factor": 3])
        var patience = Duration.seconds(2)
        let failure = RetryPolicy.Failure(status: 503)
        let actions = [1, 0.5, 0, 0].map { policy.action(after: failure, patience: &patience, random: $0) }
        #expect(
            actions == [
                .sendAgain(after: .milliseconds(100)), .sendAgain(after: .milliseconds(150)), .sendAgain(after: .zero),
                .giveUp,
            ]
        )
        #expect(patience == .milliseconds(1750))
    }

    @Test func `without jitter and growth each wait is the same`() throws {
        var policy = try policy(["backoff": "constant", "jitter": 0, "wait": 0.3])
        var patience = Duration.seconds(2)
        for _ in 0..<2 {
            let action = policy.action(after: .init(status: 502), patience: &patience, random: 0.1)
            #expect(action == .sendAgain(after: .milliseconds(300)))
        }
    }

    @Test func `a write is never repeated, unless it cannot have been sent or the connector says it may be`() throws {
        let write = try policy(method: "POST", isIdempotent: false)
        #expect(action(write, .init(status: 503)) == .giveUp)
        #expect(action(write, .init(reason: .connectionLost)) == .giveUp)
        #expect(action(write, .init(reason: .connectFailed, wasNeverSent: true)) != .giveUp)
        let allowed = try policy(["methods": ["POST"]], method: "POST", isIdempotent: false)
        #expect(action(allowed, .init(status: 503)) != .giveUp)
    }

    @Test(arguments: [400, 401, 403, 404, 409, 422, 500]) func `what a repetition cannot mend is not repeated`(
        status: Int
    ) throws {
        #expect(action(try policy(), .init(status: status)) == .giveUp)
        #expect(action(try policy(), .init(status: status, isAskedFor: true)) != .giveUp)
    }

    @Test func `a time-out has cost its time already`() throws {
        #expect(action(try policy(), .init(reason: .timeout)) == .giveUp)
        #expect(action(try policy(["on": ["timeout"]]), .init(reason: .timeout)) != .giveUp)
    }

    @Test func `the vendor's own wait is the least, and one that is too long ends it`() throws {
        let limited = RetryPolicy.Failure(status: 429, reason: .rateLimited, told: .seconds(1))
        #expect(action(try policy(), limited, random: 0) == .sendAgain(after: .seconds(1)))
        let long = RetryPolicy.Failure(status: 429, reason: .rateLimited, told: .seconds(30))
        #expect(action(try policy(), long) == .giveUp)
        #expect(action(try policy(priority: .background), long, patience: .seconds(60), random: 0) != .giveUp)
    }

    @Test func `a limit of unknown length is not tried out while somebody waits`() throws {
        let blind = RetryPolicy.Failure(status: 429, reason: .rateLimited)
        #expect(action(try policy(), blind) == .giveUp)
        #expect(action(try policy(priority: .background), blind) != .giveUp)
        #expect(action(try policy(["backoff": "from_header"], priority: .background), blind) == .giveUp)
    }

    @Test func `repetitions are a tenth of the calls in the long run`() {
        var allowance = RetryAllowance()
        var spent = 0
        for _ in 0..<1000 {
            allowance.earn()
            if allowance.spend() { spent += 1 }
        }
        #expect((100...111).contains(spent))
    }
}
