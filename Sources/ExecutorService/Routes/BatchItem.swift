import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Vocabulary

/// One inner request of a batch.
struct BatchItem: Sendable {
    let id: String
    private let method: HTTPRequest.Method
    private let path: String
    private let query: JSONObject
    private let headers: JSONObject
    private let body: JSONValue?
    /// The requests that must have succeeded before.
    private(set) var dependencies: Set<String> = []

    private static let methods: [String: HTTPRequest.Method] = [
        "GET": .get, "POST": .post, "PATCH": .patch, "DELETE": .delete,
    ]
    private static let headerNames: Set<String> = ["idempotency-key", "if-match", "x-integrated-account-id"]

    /// The requests of a batch, each of them sound and none of them waiting for itself.
    static func all(in body: JSONValue, max: Int) throws(Problem) -> [BatchItem] {
        guard case .array(let array)? = body["requests"] else {
            throw Problem(
                .missingRequiredField,
                "the body has no list 'requests'",
                failures: [.init(code: "required", message: "the requests", pointer: "/requests")]
            )
        }
        guard array.count <= max else {
            throw refusal("/requests", "at most \(max) requests go into one batch")
        }
        var items: [BatchItem] = []
        for (index, value) in array.enumerated() {
            items.append(try BatchItem(value, at: "/requests/\(index)", known: Set(items.map(\.id))))
        }
        return items
    }

    private init(_ value: JSONValue, at pointer: String, known: Set<String>) throws(Problem) {
        for name in value.object?.keys ?? []
        where !["id", "method", "path", "query", "headers", "body", "depends_on"].contains(name) {
            throw Self.refusal("\(pointer)/\(name)", "unknown member")
        }
        guard let id = value["id"]?.string, !id.isEmpty, id.utf8.allSatisfy({ $0.isNameByte }) else {
            throw Self.refusal("\(pointer)/id", "expected a name of letters, digits, '_' and '-'")
        }
        guard !known.contains(id) else { throw Self.refusal("\(pointer)/id", "the id is given twice") }
        guard let method = value["method"]?.string.flatMap({ Self.methods[$0] }) else {
            throw Self.refusal("\(pointer)/method", "expected GET, POST, PATCH or DELETE")
        }
        guard let path = value["path"]?.string, path.hasPrefix("/unified/"), !path.contains("?"),
            path != "/unified/batch"
        else {
            throw Self.refusal("\(pointer)/path", "expected a path under /unified, without a query and no batch")
        }
        self.id = id
        self.method = method
        self.path = path
        query = value["query"]?.object ?? JSONObject()
        headers = value["headers"]?.object ?? JSONObject()
        body = value["body"]
        for name in (value["depends_on"]?.array ?? []).map({ $0.string ?? "" }) { dependencies.insert(name) }
        let used = [.string(path), .object(query), body ?? .null].flatMap(BatchPlaceholder.names)
        dependencies.formUnion(used)
        if let unknown = dependencies.subtracting(known).sorted().first {
            throw Self.refusal(pointer, "it depends on '\(unknown)', which is no earlier request")
        }
    }

    /// The request as if it had come alone.
    func request(answers: [String: BatchAnswer], outer: EndpointRequest) throws(Problem) -> EndpointRequest {
        var items: [QueryItems.Item] = []
        for member in query {
            let value = try BatchPlaceholder.filled(member.value, answers)
            for element in value.array ?? [value] where !element.isNull {
                items.append(QueryItems.Item(member.key, Self.text(element)))
            }
        }
        if !items.contains(where: { $0.name == "integrated_account_id" }),
            let account = outer.query["integrated_account_id"]
        {
            items.append(QueryItems.Item("integrated_account_id", account))
        }
        var fields = HeaderFields()
        fields[.accept] = "application/json"
        fields[HTTPField.Name.integratedAccountID] = outer.headers[.integratedAccountID]
        for member in headers {
            guard Self.headerNames.contains(member.key.lowercased()), let name = HTTPField.Name(member.key),
                let text = member.value.string
            else { throw Self.refusal("headers", "only \(Self.headerNames.sorted().joined(separator: ", "))") }
            fields[name] = text
        }
        var request = outer
        request.method = method
        request.path = try BatchPlaceholder.path(path, answers)
        request.query = QueryItems(items)
        request.rawQuery = items.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        request.body = []
        if let body {
            fields[.contentType] = "application/json"
            request.body = try BatchPlaceholder.filled(body, answers).bytes()
        }
        request.headers = fields
        request.requestID = "\(outer.requestID).\(id)"
        return request
    }

    private static func text(_ value: JSONValue) -> String {
        value.string ?? value.text()
    }

    private static func refusal(_ pointer: String, _ message: String) -> Problem {
        Problem(
            .invalidRequest,
            "'\(pointer)': \(message)",
            failures: [.init(code: "invalid_request", message: message, pointer: pointer)]
        )
    }
}

/// `{{id.result.path}}`: a value of an earlier answer, which has the request's id as its first name.
///
/// `result` stands for the answer's body; a list's own `result` follows it, as in `{{find.result.result.0.id}}`. The
/// shorter `{{find.result.0.id}}` is understood too, where the body has such a list.
enum BatchPlaceholder {
    /// The requests that a value names.
    static func names(in value: JSONValue) -> [String] {
        switch value {
        case .string(let text): parts(of: text).compactMap { $0.path?.first }
        case .array(let array): array.flatMap(names)
        case .object(let object): object.flatMap { names(in: $0.value) }
        case .null, .bool, .number: []
        }
    }

    /// The value with what its placeholders stand for; a text that is one placeholder becomes the value itself.
    static func filled(_ value: JSONValue, _ answers: [String: BatchAnswer]) throws(Problem) -> JSONValue {
        switch value {
        case .string(let text):
            let parts = parts(of: text)
            if parts.count == 1, let path = parts[0].path { return try found(path, answers) }
            var filled = ""
            for part in parts {
                filled += try part.path.map { path throws(Problem) in try plain(path, answers) } ?? part.text
            }
            return .string(filled)
        case .array(let array):
            var filled: [JSONValue] = []
            for element in array { filled.append(try self.filled(element, answers)) }
            return .array(filled)
        case .object(let object):
            var filled = JSONObject()
            for member in object { filled[member.key] = try self.filled(member.value, answers) }
            return .object(filled)
        case .null, .bool, .number: return value
        }
    }

    /// A path whose placeholders stay inside of their segments.
    static func path(_ text: String, _ answers: [String: BatchAnswer]) throws(Problem) -> String {
        var filled = ""
        for part in parts(of: text) {
            guard let path = part.path else {
                filled += part.text
                continue
            }
            filled += PercentEncoding.encoded(try plain(path, answers))
        }
        return filled
    }

    private static func plain(_ path: [String], _ answers: [String: BatchAnswer]) throws(Problem) -> String {
        let value = try found(path, answers)
        switch value {
        case .string(let text): return text
        case .number(let number): return number.text
        case .bool(let flag): return flag ? "true" : "false"
        case .null, .array, .object: throw missing(path)
        }
    }

    private static func found(_ path: [String], _ answers: [String: BatchAnswer]) throws(Problem) -> JSONValue {
        guard path.count > 1, path[1] == "result", let body = answers[path[0]]?.body else { throw missing(path) }
        let names = path.dropFirst(2)
        let inside: JSONValue? = names.reduce(body as JSONValue?) { value, name in step(value, name) }
        let inList = body["result"].map { list in names.reduce(list as JSONValue?) { step($0, $1) } }
        guard let value = inside ?? inList ?? nil, !value.isNull else { throw missing(path) }
        return value
    }

    private static func step(_ value: JSONValue?, _ name: String) -> JSONValue? {
        guard case .array(let array)? = value else { return value?[name] }
        return Int(name).flatMap { array.indices.contains($0) ? array[$0] : nil }
    }

    private static func missing(_ path: [String]) -> Problem {
        let name = path.joined(separator: ".")
        return Problem(
            .invalidRequest,
            "'{{\(name)}}' has no value in the earlier answer; a value has a name like {{id.result.0.name}}"
        )
    }

    /// The text in pieces: as it is, or the path of a placeholder.
    private static func parts(of text: String) -> [(text: String, path: [String]?)] {
        var parts: [(text: String, path: [String]?)] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            if rest.startIndex < open.lowerBound { parts.append((String(rest[..<open.lowerBound]), nil)) }
            let inside = rest[open.upperBound..<close.lowerBound].filter { $0 != " " }
            // `result[0].id` is read like `result.0.id`.
            let names = inside.replacing("[", with: ".").split { $0 == "." || $0 == "]" }
            parts.append(("", names.map(String.init)))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { parts.append((String(rest), nil)) }
        return parts
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
