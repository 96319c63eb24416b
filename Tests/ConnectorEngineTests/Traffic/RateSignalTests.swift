import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

@testable import ConnectorEngine

/// What answers tell about limits.
struct RateSignalTests {
    private func signal(
        _ words: JSONValue,
        status: Int = 429,
        headers: [(String, String)] = [],
        body: JSONValue = [:]
    ) throws -> RateSignal {
        let document = AcmeVendor.document(["kind": "none"]).overlaid(by: ["rate_limit": words])
        var fields = HeaderFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return RateSignal(
            InboundResponse(status: status, headers: fields),
            config: try TestWorld.connector(document).document.rateLimit,
            body: { body },
            isRefusal: status >= 400,
            now: 1_800_000_000
        )
    }

    @Test(arguments: [
        ("30", 30), ("1.2", 2), ("1800000045", 45), ("1800000045000", 45), ("Fri, 15 Jan 2027 08:01:05 GMT", 65),
        ("2027-01-15T08:00:20Z", 20), ("2027-01-15T09:00:20.5+01:00", 21), ("1799999000", 0),
    ]) func `a wait is read however it is written`(text: String, seconds: Int) throws {
        let signal = try signal([:], headers: [("Retry-After", text)])
        #expect(signal.retryAfter == .seconds(seconds))
    }

    @Test(arguments: ["soon", "", "NaN", "Fri, 32 Jan 2027 08:01:05 GMT"]) func `what is no wait is none`(
        text: String
    ) throws {
        #expect(try signal([:], headers: [("Retry-After", text)]).retryAfter == nil)
    }

    @Test func `the vendor's clock is the one that counts`() throws {
        let signal = try signal(
            ["reset_at": ["value": ["$jsonata": "headers.`x-reset`"], "format": "epoch_s"]],
            headers: [("Date", "Fri, 15 Jan 2027 07:00:00 GMT"), ("x-reset", "1799996430")]
        )
        #expect(signal.retryAfter == .seconds(30))
    }

    @Test func `of several waits the longest counts`() throws {
        let words: JSONValue = [
            "retry_after": [["$jsonata": "headers.`a`"], ["$jsonata": "headers.`b`"]],
            "reset_at": [["value": ["$jsonata": "headers.`c`"], "format": "delta_ms"]],
        ]
        let signal = try signal(words, headers: [("a", "3"), ("b", "5"), ("c", "7000")])
        #expect(signal.retryAfter == .seconds(7))
    }

    @Test func `no wait is longer than a day`() throws {
        #expect(try signal([:], headers: [("Retry-After", "99999999")]).retryAfter == .seconds(86_400))
    }

    @Test func `a good answer has no wait, whatever it carries`() throws {
        #expect(try signal([:], status: 200, headers: [("Retry-After", "5")]).retryAfter == nil)
    }

    @Test func `windows are read from header fields and from the body`() throws {
        let words: JSONValue = [
            "limit": ["$jsonata": "headers.`x-limit`"], "remaining": ["$jsonata": "response.left"],
            "reset_at": ["value": ["$jsonata": "response.until"], "format": "epoch_ms"], "window": 60,
        ]
        let signal = try signal(
            words,
            status: 200,
            headers: [("x-limit", "100")],
            body: ["left": 12, "until": 1_800_000_009_500]
        )
        #expect(
            signal.windows == [
                RateSignal.Window(
                    name: nil,
                    limit: 100,
                    remaining: 12,
                    reset: .milliseconds(9500),
                    length: .seconds(60)
                )
            ]
        )
    }

    @Test func `an answer that tells nothing tells nothing`() throws {
        let signal = try signal(["remaining": ["$jsonata": "headers.`x-left`"]], status: 200)
        #expect(signal == RateSignal())
        #expect(signal.strictest == nil)
    }
}
