import ConnectorConfig
import JSONValue
import Testing

@testable import ConnectorEngine

/// When an account is left alone.
struct CircuitBreakerTests {
    private func config() throws -> CircuitConfig {
        try TestWorld.connector(
            AcmeVendor.document(["kind": "none"]).overlaid(
                by: ["circuit": ["threshold": 3, "window": 10, "cooldown": 5]]
            )
        ).document.circuit
    }

    @Test func `failures within the window open it, and a good probe closes it`() throws {
        let config = try config()
        var breaker = CircuitBreaker()
        for now in [1.0, 2.0, 3.0] {
            #expect(breaker.admit(at: now) == .go)
            breaker.record(.failed, config, at: now)
        }
        #expect(breaker.admit(at: 3) == .refused(seconds: 5))
        #expect(breaker.admit(at: 8) == .go)
        // One probe, no more.
        #expect(breaker.admit(at: 8) == .refused(seconds: 1))
        breaker.record(.answered, config, at: 9)
        #expect(breaker.isAtRest)
        #expect(breaker.admit(at: 9) == .go)
    }

    @Test func `a probe that fails opens it again`() throws {
        let config = try config()
        var breaker = CircuitBreaker()
        for _ in 0..<3 { breaker.record(.failed, config, at: 1) }
        #expect(breaker.admit(at: 6) == .go)
        breaker.record(.failed, config, at: 7)
        #expect(breaker.admit(at: 7) == .refused(seconds: 5))
    }

    @Test func `a probe of which nothing is heard lets the next call probe`() throws {
        let config = try config()
        var breaker = CircuitBreaker()
        for _ in 0..<3 { breaker.record(.failed, config, at: 1) }
        #expect(breaker.admit(at: 6) == .go)
        breaker.record(.abandoned, config, at: 7)
        #expect(breaker.admit(at: 7) == .go)
        // One that never reports is thought lost after a minute.
        #expect(breaker.admit(at: 66) == .refused(seconds: 1))
        #expect(breaker.admit(at: 67) == .go)
    }

    @Test func `failures that are far apart, or few among many, leave it closed`() throws {
        let config = try config()
        var apart = CircuitBreaker()
        for now in [1.0, 12.0, 23.0, 34.0] { apart.record(.failed, config, at: now) }
        #expect(apart.admit(at: 34) == .go)
        var few = CircuitBreaker()
        few.record(.failed, config, at: 1)
        for _ in 0..<9 { few.record(.answered, config, at: 1) }
        for _ in 0..<4 { few.record(.failed, config, at: 2) }
        #expect(few.admit(at: 2) == .go)
    }

    @Test func `a vendor that limits is a vendor that is well`() throws {
        let config = try config()
        var breaker = CircuitBreaker()
        for _ in 0..<50 { breaker.record(.limited, config, at: 1) }
        #expect(breaker.isAtRest)
    }
}
