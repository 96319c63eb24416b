import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// What a caller wants of the request itself, beside the record and the filters.
struct CallOptions: Sendable {
    /// The query parameters that are not about the request.
    private(set) var otherParameters: [(name: String, value: String)] = []
    /// Header fields for the vendor, each of them allowed.
    private(set) var remoteHeaders: [(name: String, value: String)] = []
    /// Whether fields that cannot be written are refused.
    private(set) var isBodyStrict = true

    /// Reads what the query says.
    init(_ query: [(name: String, value: String)], proxy: ProxyConfig) throws {
        for item in query {
            let name = QueryName(item.name)
            switch name?.first {
            case "strict_body":
                guard ["true", "false", "1", "0"].contains(item.value) else {
                    throw Self.refusal(item.name, "expected true or false")
                }
                isBodyStrict = item.value == "true" || item.value == "1"
            case "remote_headers":
                guard let parts = name?.parts, parts.count == 2 else {
                    throw Self.refusal(item.name, "write remote_headers[Name]=value")
                }
                try add(parts[1], item.value, pointer: item.name, proxy: proxy)
            default: otherParameters.append(item)
            }
        }
    }

    /// Adds what the body says.
    mutating func add(_ body: JSONValue?, proxy: ProxyConfig) throws {
        for field in body?["remote_headers"]?.object ?? JSONObject() {
            let pointer = "/remote_headers/\(field.key)"
            guard let text = field.value.plainText else { throw Self.refusal(pointer, "expected text") }
            try add(field.key, text, pointer: pointer, proxy: proxy)
        }
    }

    private mutating func add(_ name: String, _ value: String, pointer: String, proxy: ProxyConfig) throws {
        guard ProxyHeaders.mayReachVendor(name.lowercased(), config: proxy) else {
            throw Self.refusal(pointer, "this header field may not be set; the connector lists those that may")
        }
        remoteHeaders.append((name, value))
    }

    private static func refusal(_ pointer: String, _ message: String) -> Problem {
        Problem(
            .invalidRequest,
            "'\(pointer.prefix(100))': \(message)",
            failures: [.init(code: "invalid_request", message: message, pointer: String(pointer.prefix(200)))]
        )
    }
}

/// The body of a custom method, which the connector describes itself.
enum CustomMethodBody {
    /// Refuses a body that its schema does not allow.
    static func check(_ body: JSONValue, against schema: JSONValue) throws {
        let checker: JSONSchema
        do { checker = try JSONSchema(named: "body", in: ["body": schema]) } catch {
            throw Problem(.configInvalid, "the body_schema of the method is not usable: \(error)", underlying: error)
        }
        var complaints = BodyComplaints()
        for failure in checker.failures(of: body) {
            complaints.add(
                failure.keyword == "required" ? .missingRequiredField : .invalidRequest,
                Problem.Failure(code: failure.keyword, message: failure.message, pointer: failure.pointer)
            )
        }
        try complaints.throwIfAny()
    }
}
