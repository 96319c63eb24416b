import Foundation
import JSONValue
import JSONata
import Testing

/// The language's official cases, where the shared folder lies beside the package.
@Suite(.enabled(if: OfficialSuite.isThere, "no shared folder beside the package"))
struct OfficialSuiteTests {
    @Test func `every case gives the result or the error that the reference gives`() throws {
        let suite = try OfficialSuite()
        let batch = JSONataBatch()
        var failures: [String] = []
        for element in suite.cases {
            let answer = try JSONValue(parsing: batch.answer(element.request), policy: .command)
            if !element.accepts(answer) { failures.append("\(element.name): \(answer.text())") }
        }
        #expect(failures == [])
    }

    @Test func `all cases that the manifest counts are there`() throws {
        let suite = try OfficialSuite()
        let manifest = try OfficialSuite.json(OfficialSuite.folder.appending(path: "manifest.json"))
        #expect(suite.cases.count == (manifest["total"] ?? manifest["cases"])?.int)
    }
}

/// The folder of cases.
struct OfficialSuite {
    struct Case {
        let name: String
        let request: [UInt8]
        let expected: JSONValue

        /// Whether an answer of the batch protocol is what the case expects.
        func accepts(_ answer: JSONValue) -> Bool {
            if let code = expected["code"]?.string { return answer["error"]?["code"]?.string == code }
            if let error = expected["error"]?.object {
                return error.allSatisfy { member in
                    !["code", "message", "token"].contains(member.key) || answer["error"]?[member.key] == member.value
                }
            }
            if expected["undefinedResult"] != nil { return answer["undefined"]?.bool == true }
            guard let result = answer["result"], let wanted = expected["result"] else { return false }
            return Case.isEqual(result, wanted)
        }

        private static func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
            switch (left, right) {
            case (.number(let a), .number(let b)): return a.double == b.double
            case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy(isEqual)
            case (.object(let a), .object(let b)):
                return a.count == b.count
                    && a.allSatisfy { member in b[member.key].map { isEqual(member.value, $0) } ?? false }
            default: return left == right
            }
        }
    }

    static let folder = URL(filePath: #filePath).appending(path: "../../../../shared/jsonata-suite").standardizedFileURL
    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "manifest.json").path) }

    let cases: [Case]

    init() throws {
        var datasets: [String: JSONValue] = [:]
        for file in try Self.files(in: Self.folder.appending(path: "datasets")) where file.pathExtension == "json" {
            datasets[file.deletingPathExtension().lastPathComponent] = try Self.json(file)
        }
        var cases: [Case] = []
        for group in try Self.files(in: Self.folder.appending(path: "groups")) {
            for file in try Self.files(in: group) where file.pathExtension == "json" {
                let content = try Self.json(file)
                let elements: [JSONValue] = if case .array(let elements) = content { elements } else { [content] }
                for (index, element) in elements.enumerated() {
                    let name = "\(group.lastPathComponent)/\(file.lastPathComponent)#\(index)"
                    cases.append(
                        Case(name: name, request: try Self.request(element, datasets, group), expected: element)
                    )
                }
            }
        }
        self.cases = cases
    }

    private static func request(_ element: JSONValue, _ datasets: [String: JSONValue], _ group: URL) throws -> [UInt8] {
        var request: JSONObject = ["id": 1]
        if let file = element["expr-file"]?.string {
            request["expr"] = .string(try String(contentsOf: group.appending(path: file), encoding: .utf8))
        } else {
            request["expr"] = element["expr"]
        }
        if let data = element["data"] {
            request["data"] = data
        } else if let name = element["dataset"]?.string {
            request["data"] = datasets[name]
        }
        for key in ["bindings", "depth"] { if let value = element[key] { request[key] = value } }
        if let allowance = allowance(element) { request["timelimit"] = allowance }
        return JSONValue.object(request).bytes()
    }

    /// The milliseconds that a case may take; nil where the engine's own limit holds.
    ///
    /// The limits, the engine's 200 ms too, are for an optimised engine. Without optimisation it is about ten times
    /// slower, and the tests run beside one another; there a case that is about its result gets more time. One that is
    /// about a limit keeps it.
    private static func allowance(_ element: JSONValue) -> JSONValue? {
        #if DEBUG
        let isAboutResult = element["code"] == nil && element["error"] == nil
        if isAboutResult { return .number(JSONNumber((element["timelimit"]?.int ?? 200) * 20)) }
        #endif
        return element["timelimit"]
    }

    static func json(_ file: URL) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](try Data(contentsOf: file)), policy: .command)
    }

    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
