import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import TestSupport
import Testing

/// A vendor that lies, floods, stalls and breaks off, in front of the running executor: each fault has its code, and
/// nobody else feels it.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"), .serialized)
struct HostileVendorTests {
    private static let connector = "proving_chaos"
    private static let world = Task { try await World() }

    /// An account at the hostile vendor and one at a friendly one, of different tenants.
    private struct World {
        let ground: ProvingGround
        let victim: ProvingGround.Account
        let bystander: ProvingGround.Account

        init() async throws {
            ground = try await ProvingGround.shared.value
            try await ground.publish(ProvingGround.connector(HostileVendorTests.connector, HostileVendorTests.patch))
            victim = try await ground.connect(HostileVendorTests.connector, in: ground.place().place)
            bystander = try await ground.connect(HostileVendorTests.connector, in: ground.place().place)
            ground.script(bystander) { _ in .ok(#"{"people":[{"id":5,"name":"Bo"}]}"#) }
        }
    }

    /// Short patience and small answers; the circuit stays closed, so that each fault is seen.
    private static let patch: JSONValue = [
        "http": ["timeout_seconds": 2, "max_response_bytes": 8_388_608, "redirects": ["max": 3]],
        "circuit": ["threshold": 1000], "retry": ["max": 1, "wait": 0.01],
        "resources": [
            "people": [
                "list": [
                    "pagination": [
                        "kind": "cursor", "cursor_path": "next",
                        "cursor_param": ["in": "query", "name": "after"],
                        "limit_param": ["in": "query", "name": "size"], "limit_max": 2,
                    ]
                ]
            ]
        ],
    ]

    private let ground: ProvingGround
    private let victim: ProvingGround.Account
    private let bystander: ProvingGround.Account

    init() async throws {
        let world = try await Self.world.value
        (ground, victim, bystander) = (world.ground, world.victim, world.bystander)
    }

    /// A fault, and what the caller is told.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let answer: VendorServer.Answer
        let status: Int
        let code: String

        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ code: String, _ answer: VendorServer.Answer) {
            (self.name, self.answer, self.status, self.code) = (name, answer, status, code)
        }
    }

    @Test(arguments: Fault.all)
    func `each fault has its code, others are answered meanwhile, and the next call goes through`(
        fault: Fault
    ) async throws {
        ground.script(victim) { _ in fault.answer }
        async let hurt = ground.call(victim, "contacts")
        for _ in 0..<5 {
            let start = ContinuousClock.now
            let other = try await ground.call(bystander, "contacts")
            #expect(other.body["result"]?[0]?["first_name"] == "Bo", "\(other.body.text())")
            #expect(start.duration(to: .now) < .seconds(1))
        }
        let answer = try await hurt
        #expect(answer.status == fault.status && answer.code == fault.code, "\(answer.status) \(answer.body.text())")
        #expect(answer.body["request_id"]?.string?.isEmpty == false)
        #expect(!answer.body.text().contains(victim.token))
        #expect(ground.arrivals(of: victim).count < 1000)
        ground.script(victim) { _ in .ok(#"{"people":[{"id":1,"name":"Al"}]}"#) }
        let next = try await ground.call(victim, "contacts")
        #expect(next.body["result"]?[0]?["first_name"] == "Al", "\(next.status) \(next.body.text())")
    }

    @Test func `bytes behind an answer are never the next one`() async throws {
        let good = #"{"people":[{"id":1,"name":"Al"}]}"#
        let forged = #"{"people":[{"id":666,"name":"Forged"}]}"#
        @Sendable func text(_ body: String) -> String {
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        ground.script(victim) { _ in .bytes(Array((text(good) + text(forged)).utf8)) }
        for _ in 0..<5 {
            for account in [victim, bystander] {
                let answer = try await ground.call(account, "contacts")
                #expect(answer.status == 200 && !answer.body.text().contains("Forged"), "\(answer.body.text())")
            }
        }
    }

    @Test func `bytes that are no UTF-8 reach nobody as such`() async throws {
        let body = Array(#"{"people":[{"id":1,"name":"A"#.utf8) + [0xff, 0xc0, 0x80] + Array(#"l"}]}"#.utf8)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
        ground.script(victim) { _ in .bytes(head + body) }
        let answer = try await ground.call(victim, "contacts")
        #expect(answer.status == 200)
        #expect(String(validating: answer.bytes, as: UTF8.self) != nil)
        #expect(answer.body["result"]?[0]?["first_name"]?.string?.contains("\u{FFFD}") == true)
        #expect(answer.body["meta"]?["warnings"]?.text().contains("UTF-8") == true, "\(answer.body.text())")
    }

    @Test func `a storm of 429 is told once and then kept from the vendor`() async throws {
        ground.script(victim) { _ in .status("429 Too Many Requests", fields: "Retry-After: 3\r\n") }
        let before = ground.arrivals(of: victim).count
        let codes = try await withThrowingTaskGroup(of: (Int, String?, String?).self) { group in
            for _ in 0..<60 {
                group.addTask {
                    let answer = try await ground.call(victim, "contacts")
                    return (answer.status, answer.code, answer.headers[.retryAfter])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // Those who waited for their turn hear of our own limit.
        let words = ["remote_rate_limited", "rate_limited"]
        #expect(codes.allSatisfy { $0.0 == 429 && words.contains($0.1 ?? "") && $0.2 != nil }, "\(codes)")
        #expect(codes.contains { $0.1 == "remote_rate_limited" })
        // No more than were under way at once before the first answer came.
        #expect(ground.arrivals(of: victim).count - before <= 16)
        #expect(try await ground.call(bystander, "contacts").status == 200)
        ground.script(victim) { _ in .ok(#"{"people":[{"id":1,"name":"Al"}]}"#) }
        _ = try await ground.installation.wait(.seconds(10)) { try await ground.call(victim, "contacts").status == 200 }
    }

    @Test(arguments: [1, 2, 3, 7])
    func `cursors that come again end the list, and no record comes twice`(circle: Int) async throws {
        ground.script(victim) { arrival in
            let after = URLComponents(string: arrival.target)?.queryItems?.first { $0.name == "after" }?.value
            let page = after.flatMap { Int($0) } ?? 0
            let next = page % circle + 1
            return .ok(
                #"{"people":[{"id":\#(page * 2),"name":"P"},{"id":\#(page * 2 + 1),"name":"P"}],"next":"\#(next)"}"#
            )
        }
        // The connection breaks behind the line that tells of the error.
        let stream = try Installation.run(
            "/usr/bin/curl",
            [
                "-s", "-H", "Authorization: Bearer \(victim.place.key)",
                ground.installation["TRIBUTARY_API_URL"]
                    + "/unified/crm/contacts?response_format=stream&limit=2&integrated_account_id=\(victim.id)",
            ],
            [:]
        )
        let lines = try stream.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        let ids = lines.compactMap { $0["id"]?.string }
        #expect(Set(ids).count == ids.count, "\(ids)")
        #expect(lines.last?["error"]?["code"] == "remote_bad_response", "\(lines.last?.text() ?? "")")
        var cursor = ""
        var pages = 0
        var last: Installation.Answer?
        while pages < 40 {
            last = try await ground.call(victim, "contacts?limit=2" + cursor)
            guard let next = last?.body["next_cursor"]?.string else { break }
            cursor = "&next_cursor=\(next)"
            pages += 1
        }
        #expect(pages <= circle + 1)
        #expect(last?.status == 502 && last?.code == "remote_bad_response", "\(last?.body.text() ?? "")")
    }

    @Test func `memory stays bounded, whatever the vendor sends`() async throws {
        let executor = try ground.installation.pid(of: "executor")
        ground.script(victim) { _ in .ok(#"{"people":[{"id":1,"name":"Al"}]}"#) }
        for _ in 0..<20 { _ = try await ground.call(victim, "contacts") }
        let before = try Self.kilobytes("VmRSS", of: executor)
        let floods = Fault.all.filter { $0.code == "remote_response_too_large" || $0.name.contains("deep") }
        #expect(floods.count >= 4)
        var rests: [Int] = []
        for _ in 0..<4 {
            for flood in floods {
                ground.script(victim) { _ in flood.answer }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try await ground.call(victim, "contacts").status } }
                    for try await status in group { #expect(status == flood.status || status == 502) }
                }
            }
            rests.append(try Self.kilobytes("VmRSS", of: executor) - before)
        }
        let peak = try Self.kilobytes("VmHWM", of: executor) - before
        // Eight answers of 8 MiB at once, each once as bytes and while it grows; what is left does not grow with rounds.
        #expect(peak < 400 * 1024, "\(peak) KiB over \(before)")
        #expect((rests.last ?? 0) < 150 * 1024, "\(rests)")
        #expect(try ground.installation.pid(of: "executor") == executor)
    }

    private static func kilobytes(_ name: String, of pid: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(line.split(whereSeparator: { " \t".contains($0) })[1].nonEmpty.flatMap { Int($0) })
    }
}

extension Substring {
    fileprivate var nonEmpty: Substring? { isEmpty ? nil : self }
}

extension HostileVendorTests.Fault {
    private static func whole(_ body: String, _ fields: String = "") -> VendorServer.Answer {
        .ok(body, fields: fields)
    }
    private static func raw(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let good = #"{"people":[{"id":1,"name":"Al"}]}"#

    /// 64 MiB of zeros in some kilobytes, as gzip: its head, and the stream without that of zlib.
    private static let bomb: [UInt8] = {
        let stream = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + Deflate.zeros(count: 64 * 1024 * 1024).dropFirst(2)
        return raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(stream.count)\r\n\r\n") + stream
    }()

    /// Every fault.
    static let all: [Self] = broken + stalled + flooding + unreadable + leadingAway

    private static let broken = [
        Self("truncated", 502, "remote_unavailable", .last(raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"pe"))),
        Self(
            "truncated chunks",
            502,
            "remote_unavailable",
            .last(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"people\":["))
        ),
        Self("reset at once", 502, "remote_unavailable", .reset(after: [])),
        Self(
            "reset midway",
            502,
            "remote_unavailable",
            .reset(after: raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"people\":["))
        ),
        Self("hanging up", 502, "remote_unavailable", .hangUp),
    ]

    private static let stalled = [
        Self("silence", 504, "remote_timeout", .silence),
        Self(
            "slow body",
            504,
            "remote_timeout",
            .drip(head: "HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n", raw(good))
        ),
        Self(
            "slow head",
            504,
            "remote_timeout",
            .drip(head: "HTTP/1.1 200 OK\r\n", raw("X-Filler: yyyyyyyyyyyyyyyyyy"))
        ),
        Self(
            "a length longer than the body",
            504,
            "remote_timeout",
            .bytes(raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + good))
        ),
    ]

    private static let flooding = [
        Self("gzip bomb", 502, "remote_response_too_large", .bytes(bomb)),
        Self(
            "endless body",
            502,
            "remote_response_too_large",
            .endless(
                head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                piece: raw("4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n")
            )
        ),
        Self(
            "announced too large",
            502,
            "remote_response_too_large",
            .endless(
                head: "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n",
                piece: [UInt8](repeating: 32, count: 65_536)
            )
        ),
        Self(
            "endless head",
            502,
            "remote_response_too_large",
            .endless(
                head: "HTTP/1.1 200 OK\r\n",
                piece: raw("X-Filler: " + String(repeating: "y", count: 1000) + "\r\n")
            )
        ),
    ]

    private static let unreadable = [
        Self("100k-deep lists", 502, "remote_bad_response", whole(String(repeating: "[", count: 100_000))),
        Self(
            "100k-deep objects",
            502,
            "remote_bad_response",
            whole(
                #"{"people":[{"id":1,"name":"# + String(repeating: #"{"a":"#, count: 100_000) + "1"
                    + String(repeating: "}", count: 100_002) + "]}"
            )
        ),
        Self(
            "binary",
            502,
            "remote_bad_response",
            .bytes(raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n") + [0xff, 0xfe, 0, 0x80])
        ),
        Self("a web page", 502, "remote_bad_response", whole("<html>Sign in</html>", "Content-Type: text/html\r\n")),
        Self("cut JSON", 502, "remote_bad_response", whole(#"{"people":[{"id":1,"na"#)),
        Self(
            "two lengths",
            502,
            "remote_bad_response",
            .last(raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 33\r\n\r\n" + good))
        ),
        Self(
            "a length shorter than the body",
            502,
            "remote_bad_response",
            .bytes(raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + good))
        ),
        Self(
            "gzip in name only",
            502,
            "remote_bad_response",
            whole(good, "Content-Encoding: gzip\r\n")
        ),
        Self("no HTTP", 502, "remote_bad_response", .last(raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"))),
        Self("a list that is none", 502, "remote_bad_response", whole(#"{"people":{"id":1}}"#)),
    ]

    private static let leadingAway = [
        Self(
            "redirect to itself",
            502,
            "remote_bad_response",
            .status("302 Found", fields: "Location: /v1/people\r\n")
        ),
        Self(
            "redirect elsewhere",
            502,
            "remote_bad_response",
            .status("307 Moved", fields: "Location: https://other.vendor.test/\r\n")
        ),
        Self("redirect to nowhere", 502, "remote_bad_response", .status("302 Found")),
    ]
}
