import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

/// The running installation that `ops/test` starts; its addresses and keys are in the file that TRIBUTARY_TEST_ENV names.
struct Installation {
    static let isRunning = ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"] != nil

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let shared = Result { try Installation() }

    private let values: [String: String]
    private let sender: CurlSender

    private init() throws {
        let path = try #require(ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"])
        var values: [String: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { values[String(sides[0])] = String(sides[1]) }
        }
        self.values = values
        sender = try CurlSender()
    }

    /// The names of the demo accounts in dev.env.
    var accounts: [String] { values.keys.filter { $0.hasPrefix("ACCOUNT_") }.sorted() }

    /// A line of dev.env.
    subscript(name: String) -> String { values[name] ?? "" }

    struct Answer {
        let status: Int
        let headers: HeaderFields
        let bytes: [UInt8]
        let body: JSONValue

        var code: String? { body["code"]?.string }
    }

    /// One call with the demo environment's API key unless another one is given.
    func call(
        _ method: HTTPRequest.Method,
        _ url: String,
        key: String? = nil,
        headers: HeaderFields = [:],
        body: JSONValue? = nil,
        raw: [UInt8]? = nil
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = "Bearer \(key ?? self["TRIBUTARY_API_KEY"])"
        if body != nil || raw != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        let response = try await sender.send(
            OutboundRequest(
                method: method,
                url: url,
                headers: headers,
                body: raw ?? body?.bytes(),
                identity: ConnectionIdentity(partition: "end-to-end"),
                destination: .service,
                totalTimeout: .seconds(40)
            )
        )
        return Answer(
            status: response.status,
            headers: response.headers,
            bytes: response.body,
            body: (try? JSONValue(parsing: response.body, policy: .vendor)) ?? .null
        )
    }

    /// A call of the unified API or the proxy.
    func api(_ path: String, key: String? = nil) async throws -> Answer {
        try await call(.get, self["TRIBUTARY_API_URL"] + path, key: key)
    }

    /// The process that a service runs in.
    func pid(of service: String) throws -> Int32 {
        let file = Self.root.appendingPathComponent(".tributary/run/\(service).pid")
        let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(Int32(text))
    }

    /// Lets the next requests of a simulated vendor fail.
    func provoke(_ fault: String, vendor: String, times: Int = 1) async throws {
        let answer = try await call(
            .post,
            self["TRIBUTARY_SANDBOX_URL"] + "/faults",
            body: ["vendor": .string(vendor), "fault": .string(fault), "times": .number(JSONNumber(times))]
        )
        #expect(answer.status == 200)
    }

    /// Asks again until `condition` holds, at most for `limit`; gives how long it took.
    func wait(_ limit: Duration, until condition: () async throws -> Bool) async throws -> Duration {
        let start = ContinuousClock.now
        while start.duration(to: .now) < limit {
            if (try? await condition()) == true { return start.duration(to: .now) }
            await Task.yield()
        }
        throw Timeout(limit: limit)
    }

    struct Timeout: Error {
        let limit: Duration
    }

    /// Runs a program to its end; its output.
    static func run(_ program: String, _ arguments: [String], _ environment: [String: String]) throws -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
