import Formats
import JSONValue
import JSONata

/// SOAP services of a vendor: who may call, which operations there are, and how their answers become XML.
struct SandboxSOAP: Sendable {
    /// What the first element of a body asks for.
    struct Operation: Sendable {
        /// The records it works on, visible as `rows`; none, if nil.
        let collection: String?
        /// Which of the rows are meant; sees `request`, `rows`, `params`.
        let select: JSONataExpression?
        /// A complaint instead of an answer: `{name, message?}`, or nothing; sees `rows` as selected.
        let refuse: JSONataExpression?
        /// The number of the page that is asked for.
        let page: JSONataExpression?
        /// How many rows a page has.
        let size: JSONataExpression?
        /// The body's content; sees `rows` of the page, `total`, `pages`, `page`, `size`, `now`.
        let answer: JSONataExpression
    }

    /// Passwords by user name.
    let users: [String: String]
    /// Declared on the body's content.
    let namespaces: [(prefix: String, name: String)]
    /// Put before names and attributes without a prefix.
    let prefix: String
    let operations: [String: Operation]

    init(_ document: JSONValue) throws {
        users = (document["users"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
        namespaces = (document["namespaces"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
        prefix = document["prefix"]?.string ?? ""
        func expression(_ value: JSONValue?) throws -> JSONataExpression? {
            try value?.string.map { try JSONataExpression(compiling: $0) }
        }
        var operations: [String: Operation] = [:]
        for member in document["operations"]?.object ?? [:] {
            guard let answer = try expression(member.value["answer"]) else {
                throw SandboxCatalog.Failure(description: "the operation '\(member.key)' has no answer")
            }
            operations[member.key] = Operation(
                collection: member.value["collection"]?.string,
                select: try expression(member.value["select"]),
                refuse: try expression(member.value["refuse"]),
                page: try expression(member.value["page"]),
                size: try expression(member.value["page_size"]),
                answer: answer
            )
        }
        self.operations = operations
    }

    /// An envelope around a body's content, in the namespace of the request's own envelope.
    ///
    /// `isQualified`: whether names get the prefix; complaints are written as they are.
    func response(_ body: JSONValue, status: Int = 200, isQualified: Bool) throws -> SandboxResponse {
        var envelope: JSONObject = ["@xmlns:env": "http://schemas.xmlsoap.org/soap/envelope/"]
        for namespace in namespaces { envelope["@xmlns:\(namespace.prefix)"] = .string(namespace.name) }
        envelope["env:Body"] = isQualified ? qualified(body) : body
        return SandboxResponse(
            status: status,
            headers: [("Content-Type", "text/xml;charset=UTF-8")],
            body: try XMLWriter.bytes(of: ["env:Envelope": .object(envelope)])
        )
    }

    private func qualified(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                JSONObject(
                    members.map { member -> (String, JSONValue) in
                        guard member.key != "#text", !member.key.contains(":"), !prefix.isEmpty else {
                            return (member.key, qualified(member.value))
                        }
                        let isAttribute = member.key.hasPrefix("@")
                        let name = "\(prefix):\(isAttribute ? String(member.key.dropFirst()) : member.key)"
                        return (isAttribute ? "@\(name)" : name, qualified(member.value))
                    }
                )
            )
        case .array(let elements): return .array(elements.map(qualified))
        case .null, .bool, .number, .string: return value
        }
    }
}

/// A request's envelope, read without prefixes.
struct SandboxEnvelope {
    let header: JSONValue?
    /// The name of the body's element.
    let operation: String
    /// Its content.
    let request: JSONValue

    init?(_ bytes: [UInt8]) {
        var form = XMLForm.stripped
        form.depthMax = 64
        guard let value = try? XMLReader.value(of: bytes, form: form), let envelope = value["Envelope"],
            let first = envelope["Body"]?.object?.first(where: { !$0.key.hasPrefix("@") })
        else { return nil }
        header = envelope["Header"]
        operation = first.key
        request = first.value
    }
}
