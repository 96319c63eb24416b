package import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// What a native call says about its query, its body and its answer, held against the real ones.
package struct NativeContract: Sendable {
    /// Most differences that are told of one answer.
    private static let driftMax = 10

    private let config: ContractConfig

    /// - Returns: nil when nothing is said.
    init?(_ config: ContractConfig) {
        guard !config.asksNothing || config.response != nil else { return nil }
        self.config = config
    }

    /// Refuses a request that the vendor would refuse.
    ///
    /// Members of the body are named as the vendor names them, without a slash in front; whoever knows what they were
    /// made from says so instead.
    /// Throws: `Problem` (`invalid_request`), or `config_invalid` when a schema is not usable.
    func check(_ request: NativeRequest) throws {
        guard !config.asksNothing else { return }
        let query = request.query.filter { !$0.isSecret }.map { (name: $0.name, value: $0.value) }
        try check(query: query, body: request.body)
    }

    /// The same for a query and a body.
    func check(query: [(name: String, value: String)], body: JSONValue?) throws {
        var failures: [Problem.Failure] = []
        if let schema = config.query {
            let asked = Self.typed(query, by: schema)
            failures += try Self.failures(of: asked, schema, "query_schema").map(Self.named)
        }
        if let schema = config.body {
            failures += try Self.failures(of: body ?? .object([:]), schema, "body_schema").map(Self.named)
        }
        guard let first = failures.first else { return }
        let place = first.pointer.isEmpty ? "the native request" : "'\(first.pointer)' of the native request"
        throw Problem(.invalidRequest, "\(place): \(first.message)", failures: failures)
    }

    /// How an answer differs from what the connector knows of it.
    func drift(of answer: NativeAnswer) throws -> [Problem.Failure] {
        guard let schema = config.response, let body = answer.document?.root.value else { return [] }
        return try Self.failures(of: body, schema, "response_schema").prefix(Self.driftMax).map {
            Problem.Failure(code: "schema_drift", message: $0.message, pointer: $0.pointer)
        }
    }

    /// What is wrong with the schemas of a connector's native calls and with the examples that stand beside them.
    ///
    /// Returns: one line each, starting with the place in the document.
    package static func faults(in connector: ConnectorDocument) -> [String] {
        connector.resources.sorted { $0.key < $1.key }.flatMap { resource, methods in
            methods.sorted { $0.key < $1.key }.flatMap { name, method in
                faults(in: method.contract, at: "/resources/\(resource)/\(name)")
            }
        }
    }

    private static func faults(in config: ContractConfig, at place: String) -> [String] {
        let parts: [(String, JSONValue?, KeyPath<ContractConfig.Example, JSONValue?>)] = [
            ("query", config.query, \.query), ("body", config.body, \.body), ("response", config.response, \.response),
        ]
        return parts.flatMap { name, schema, part -> [String] in
            guard let schema else { return [] }
            do {
                let checker = try JSONSchema(named: name, in: [name: schema])
                return config.examples.flatMap { example in
                    (example[keyPath: part].map(checker.failures(of:)) ?? []).map {
                        "\(example.pointer)/\(name)\($0.pointer): \($0.message)"
                    }
                }
            } catch { return ["\(place)/\(name)_schema: \(error)"] }
        }
    }

    private static func failures(
        of value: JSONValue,
        _ schema: JSONValue,
        _ word: String
    ) throws -> [SchemaFailure] {
        do { return try JSONSchema(named: word, in: [word: schema]).failures(of: value) } catch {
            throw Problem(.configInvalid, "a \(word) is not usable: \(error)", underlying: error)
        }
    }

    private static func named(_ failure: SchemaFailure) -> Problem.Failure {
        Problem.Failure(
            code: failure.keyword,
            message: failure.message,
            pointer: failure.pointer.split(separator: "/").joined(separator: ".")
        )
    }

    /// Texts of a query as the values that the schema wants: numbers and flags where they are such, lists where a name
    /// is repeated.
    private static func typed(_ query: [(name: String, value: String)], by schema: JSONValue) -> JSONValue {
        var object = JSONObject()
        for item in query {
            let type = schema["properties"]?[item.name]?["type"]?.string
            let isValue = ["integer", "number", "boolean"].contains(type)
            let value = isValue ? (try? JSONValue(parsing: Array(item.value.utf8))) : nil
            let typed = value ?? .string(item.value)
            if let known = object[item.name] {
                object[item.name] = .array((known.array ?? [known]) + [typed])
            } else {
                object[item.name] = type == "array" ? .array([typed]) : typed
            }
        }
        return .object(object)
    }
}
