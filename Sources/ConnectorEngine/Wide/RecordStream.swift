package import JSONValue
package import Vocabulary

/// A list as lines (NDJSON), page after page: one record a line, then one line with what else there is to say.
///
/// ```
///   records of the first page ──► taken? next page ──► ... ──► {"meta":{...}} ──► end
///                                    │ fails
///                                    └──► {"error":{...},"next_cursor":"..."} ──► the connection breaks
/// ```
/// A page is asked for when the one before has been taken, so that never more than one is held.
package actor RecordStream {
    /// Fetches the page at a cursor.
    package typealias Fetch = @Sendable (_ cursor: String) async throws -> RecordPage

    private enum Step {
        case page(RecordPage)
        case fetch(String)
        case meta
        case broken(any Error)
        case end
    }

    private let fetch: Fetch
    private let describe: @Sendable (Problem) -> JSONValue
    private let meta: JSONObject
    private var step: Step
    private var count = 0
    private var warnings = ListWarnings()

    /// Starts with a page that is there already, so that what goes wrong before it is an answer of its own.
    ///
    /// - Parameters:
    ///   - first: the first page.
    ///   - fetch: gives the further ones.
    ///   - describe: the error body of a problem.
    package init(
        _ first: RecordPage,
        fetch: @escaping Fetch,
        describe: @escaping @Sendable (Problem) -> JSONValue
    ) {
        self.fetch = fetch
        self.describe = describe
        var meta = first.meta
        meta["warnings"] = nil
        self.meta = meta
        step = .page(first)
    }

    /// The lines as an answer's body takes them.
    package nonisolated var pieces: AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { try await self.next() }
    }

    /// The next piece; nil when everything is said.
    ///
    /// - Throws: after the line that tells of an error.
    package func next() async throws -> [UInt8]? {
        while true {
            switch step {
            case .page(let page):
                step = page.nextCursor.map { .fetch($0) } ?? .meta
                warnings.add(of: page, after: count)
                count += page.records.count
                guard !page.records.isEmpty else { continue }
                return lines(page.records)
            case .fetch(let cursor):
                do {
                    let page = try await fetch(cursor)
                    guard page.nextCursor != cursor else {
                        throw Problem(.remoteBadResponse, "the list does not go on from its own cursor")
                    }
                    step = .page(page)
                } catch {
                    step = .broken(error)
                    return line(["error": described(error), "next_cursor": .string(cursor)])
                }
            case .meta:
                step = .end
                var meta = meta
                meta["result_count"] = .number(JSONNumber(count))
                meta["warnings"] = warnings.json
                return line(["meta": .object(meta)])
            case .broken(let error): throw error
            case .end: return nil
            }
        }
    }

    private func described(_ error: any Error) -> JSONValue {
        describe(error as? Problem ?? Problem(.internalError, "an unexpected error", underlying: error))
    }

    private func line(_ value: JSONValue) -> [UInt8] { value.bytes() + [UInt8(ascii: "\n")] }

    private func lines(_ records: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.count + 1 })
        for record in records {
            // A record that came with line breaks between its members is written without them.
            if record.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
                bytes += OneLine.text(record)
            } else {
                bytes += record
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}

/// JSON on one line.
enum OneLine {
    /// The text with line breaks taken out; inside of strings JSON has none.
    static func text(_ json: [UInt8]) -> [UInt8] {
        json.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    }
}
