import ConnectorEngine
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// Lists as lines.
struct RecordStreamTests {
    private func page(_ numbers: ClosedRange<Int>, next: String?) -> RecordPage {
        RecordPage(
            records: numbers.map { Array("{\"id\":\"\($0)\"}".utf8) },
            nextCursor: next,
            meta: ["config_revision": "1.0.0"]
        )
    }

    private func lines(_ bytes: [UInt8]) throws -> [JSONValue] {
        try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private func describe(_ problem: Problem) -> JSONValue { ["code": .string(problem.code.rawValue)] }

    @Test func `pages follow one another, and the last line tells the rest`() async throws {
        let stream = RecordStream(
            page(1...2, next: "a"),
            fetch: { $0 == "a" ? page(3...4, next: "b") : page(5...5, next: nil) },
            describe: describe
        )
        var all: [UInt8] = []
        for try await piece in stream.pieces { all += piece }
        let lines = try lines(all)
        #expect(lines.dropLast().map { $0["id"]?.string } == ["1", "2", "3", "4", "5"])
        #expect(lines.last == ["meta": ["config_revision": "1.0.0", "result_count": 5]])
    }

    @Test func `what pages warn of is told at the end, by places in the whole list`() async throws {
        @Sendable func warned(_ numbers: ClosedRange<Int>, next: String?, at index: Int) -> RecordPage {
            var page = page(numbers, next: next)
            page.meta["warnings"] = [
                ["code": "record_left_out", "message": "1 record", "pointer": "/result"],
                ["code": "value_adjusted", "message": "is no number", "pointer": "/result/\(index)/amount"],
            ]
            return page
        }
        let stream = RecordStream(
            warned(1...2, next: "a", at: 1),
            fetch: { _ in warned(3...4, next: nil, at: 0) },
            describe: describe
        )
        var all: [UInt8] = []
        for try await piece in stream.pieces { all += piece }
        let warnings = try lines(all).last?["meta"]?["warnings"]?.array
        #expect(
            warnings?.map { $0["pointer"] } == ["/result", "/result/1/amount", "/result", "/result/2/amount"]
        )
    }

    @Test func `a page is fetched only when the one before has been taken`() async throws {
        let fetched = Mutex(0)
        let stream = RecordStream(
            page(1...2, next: "1"),
            fetch: { cursor in
                let number = fetched.withLock { count in
                    count += 1
                    return count
                }
                return page(number...number, next: String(number + 1))
            },
            describe: describe
        )
        var pieces = stream.pieces.makeAsyncIterator()
        _ = try await pieces.next()
        #expect(fetched.withLock { $0 } == 0)
        _ = try await pieces.next()
        #expect(fetched.withLock { $0 } == 1)
        _ = try await pieces.next()
        #expect(fetched.withLock { $0 } == 2)
    }

    @Test func `what goes wrong on the way is a last line with the place, and then the body breaks`() async throws {
        let stream = RecordStream(
            page(1...2, next: "a"),
            fetch: { _ in throw Problem(.remoteUnavailable, "the vendor cannot be reached") },
            describe: describe
        )
        var pieces = stream.pieces.makeAsyncIterator()
        _ = try await pieces.next()
        let last = try await pieces.next()
        #expect(try lines(last ?? []) == [["error": ["code": "remote_unavailable"], "next_cursor": "a"]])
        await #expect(throws: Problem.self) { try await pieces.next() }
    }

    @Test func `a list that does not go on is not asked for ever`() async throws {
        let stream = RecordStream(page(1...1, next: "a"), fetch: { _ in page(1...1, next: "a") }, describe: describe)
        var pieces = stream.pieces.makeAsyncIterator()
        _ = try await pieces.next()
        let last = try await pieces.next()
        #expect(try lines(last ?? [])[0]["error"]?["code"] == "remote_bad_response")
    }

    @Test func `a record that came on several lines is written on one`() async throws {
        let record = Array("{\"id\":\"1\",\"remote_data\":{\n  \"a\": \"x\\n y\"\r\n}}".utf8)
        let stream = RecordStream(
            RecordPage(records: [record], nextCursor: nil),
            fetch: { _ in page(1...1, next: nil) },
            describe: describe
        )
        let piece = try await stream.next() ?? []
        #expect(piece.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(try lines(piece) == [["id": "1", "remote_data": ["a": "x\n y"]]])
    }

    @Test func `empty pages give no empty pieces`() async throws {
        let stream = RecordStream(
            RecordPage(records: [], nextCursor: "a"),
            fetch: { _ in RecordPage(records: [], nextCursor: nil) },
            describe: describe
        )
        let first = try await stream.next()
        #expect(try lines(first ?? []) == [["meta": ["result_count": 0]]])
        #expect(try await stream.next() == nil)
    }
}
