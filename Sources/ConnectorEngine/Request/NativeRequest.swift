package import ConnectorConfig
import HTTPExchange
import HTTPTypes
package import JSONValue
import Vocabulary

/// A vendor's request with its parts still apart: what mappings fill, paging changes, signing completes and `explain`
/// shows with the secrets masked.
package struct NativeRequest: Sendable {
    /// A query parameter or header field.
    package struct Item: Sendable {
        /// The name.
        package let name: String
        /// The value, not encoded.
        package let value: String
        /// Whether it came from the credentials.
        package let isSecret: Bool

        /// Makes an item.
        package init(name: String, value: String, isSecret: Bool = false) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    /// Method in upper case.
    package var method: String
    /// Host and path; its query holds what a vendor's own address had.
    package var address: WebAddress
    /// Query parameters, not encoded.
    package var query: [Item] = []
    /// Header fields.
    package var headers: [Item] = []
    /// Body.
    package var body: JSONValue?
    /// How the body is written.
    package var form = BodyForm.json
    /// The credentials that it is sent with.
    var credentials: InjectedValues?
    /// The credentials that a SOAP body gets when it is written.
    var soapSecurity: SOAPSecurity?
    /// What the document says of it, without what it says of its native call; nil for requests in a caller's own words.
    var template: RequestTemplate?
    /// The native call that it makes, which says what its answers mean and what it counts against.
    var native: ResourceMethod?
    /// Whether it is about one record, so that a vendor who does not find it lacks the record and not the resource.
    package var namesRecord = false
    /// Whether it may be repeated.
    package var isIdempotent = true
    /// What the vendor's refusals mean to the method that it is made for.
    package var errorMapping: MappingStack?

    /// What its answers mean.
    var answer: AnswerRules { template?.answer ?? .usual }
    /// Whether it is sent without credentials.
    var needsNoAuth: Bool { template?.needsNoAuth ?? false }
    /// What it must look like.
    var contract: NativeContract? { native.flatMap { NativeContract($0.contract) } }

    /// Whether two names of header fields are one (RFC 9110 section 5.1).
    fileprivate static func isSameName(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return left.utf8.elementsEqual(right.utf8) { left, right in
            left == right || (left | 0x20 == right | 0x20 && (0x61...0x7A).contains(left | 0x20))
        }
    }

    /// Sets a header field, whatever its name's case was before.
    mutating func setHeader(_ name: String, _ value: String, isSecret: Bool = false) {
        headers.set(Item(name: name, value: value, isSecret: isSecret))
    }

    /// Whether the credentials have a header field of this name, which replaces that of the request.
    private func isReplaced(_ name: String) -> Bool {
        credentials?.headers.contains { Self.isSameName($0.name.canonicalName, name) } ?? false
    }

    /// The query parameters with those of the credentials, which replace any of their names.
    private var allQuery: [Item] {
        guard let credentials, !credentials.query.isEmpty else { return query }
        return query.filter { item in !credentials.query.contains { $0.name == item.name } } + credentials.query
    }

    /// The whole address with the query.
    func url(_ http: HTTPDefaults, masked: Bool = false) -> String {
        let query = allQuery
        guard !query.isEmpty || address.query?.isEmpty == true else { return address.description }
        var address = address
        let items = query.map { (name: $0.name, value: masked && $0.isSecret ? "***" : $0.value) }
        let text = FormText.encoded(items, unencoded: http.unencoded, plusAsSpace: http.plusAsSpace)
        address.query = [address.query, text.isEmpty ? nil : text].compactMap { $0 }.joined(separator: "&")
        if address.query?.isEmpty == true { address.query = nil }
        return address.description
    }

    /// The request as the transport sends it.
    ///
    /// `others`: fields that go along where the request has none of their name.
    func outbound(
        connector: ConnectorDocument,
        identity: ConnectionIdentity,
        adding others: [HeaderField] = []
    ) throws -> OutboundRequest {
        guard let verb = method == "GET" ? .get : HTTPRequest.Method(method) else {
            throw Problem(.configInvalid, "'\(method)' is not an HTTP method")
        }
        let encoded = try BodyEncoder(form: form).encoded(wholeBody, security: soapSecurity)
        let secrets = credentials?.headers ?? []
        var fields: [HeaderField] = []
        fields.reserveCapacity(headers.count + secrets.count + others.count + 4)
        func add(_ name: HTTPField.Name, _ value: String) {
            if !fields.contains(where: { $0.name.isSame(as: name) }) {
                fields.append(HeaderField(name: name, value: value))
            }
        }
        // Their names are different ones already.
        for header in headers where !isReplaced(header.name) {
            fields.append(try HeaderField(sending: header.name, header.value))
        }
        fields += secrets
        if let encoded {
            add(.contentType, encoded.contentType)
            for header in encoded.headers {
                guard let name = FieldNames.name(header.name), HeaderText.isValue(header.value) else { continue }
                add(name, header.value)
            }
        }
        if let agent = connector.http.userAgent { add(.userAgent, agent) }
        let own = fields.count
        for field in others where !fields[..<own].contains(where: { $0.name.isSame(as: field.name) }) {
            fields.append(field)
        }
        return OutboundRequest(
            method: verb,
            url: url(connector.http),
            headers: HeaderFields(list: fields),
            body: encoded?.bytes,
            identity: identity,
            replay: isIdempotent ? .allowed : .never,
            redirects: connector.redirects,
            connectTimeout: connector.http.connectTimeout,
            totalTimeout: connector.http.totalTimeout,
            responseBytesMax: connector.http.responseBytesMax,
            acceptsCompression: connector.http.acceptsCompression
        )
    }

    /// What makes it the same as another request of the account.
    func identity(_ http: HTTPDefaults, revision: String) -> String {
        let fields = headers.filter { !$0.isSecret }.map { "\($0.name):\($0.value)" }.sorted()
        let body = body?.text(.canonical) ?? ""
        return ([revision, method, url(http, masked: true)] + fields + [body]).joined(separator: "\n")
    }

    /// The request for people: credentials are masked.
    package func explained(connector: ConnectorDocument) -> JSONValue {
        var shown = JSONObject([
            ("method", .string(method)), ("url", .string(url(connector.http, masked: true))),
        ])
        let fields = headers.filter { !isReplaced($0.name) }.map { ($0.name, $0.isSecret ? "***" : $0.value) }
        let secrets = (credentials?.headers ?? []).map { ($0.name.rawName, "***") }
        shown["headers"] = .object(JSONObject((fields + secrets).map { ($0.0, .string($0.1)) }))
        shown["body"] = explainedBody
        return .object(shown)
    }

    /// The body with the credentials in it.
    private var wholeBody: JSONValue? {
        get throws {
            guard let members = credentials?.members, !members.isEmpty else { return body }
            guard form.format.kind != .none, body == nil || body?.object != nil else {
                throw Problem(.configInvalid, "the key of this way to connect needs a body that is an object")
            }
            return (body ?? .object([:])).overlaid(by: .object(members))
        }
    }

    /// The body as JSON where it is written as such or as a form, else its text, without credentials.
    private var explainedBody: JSONValue? {
        switch form.format.kind {
        case .json, .form, .ndjson: return body
        case .none: return nil
        case .multipart, .xml, .soap, .graphql, .raw:
            let mask = soapSecurity == nil ? nil : SOAPSecurity.masked
            guard let encoded = try? BodyEncoder(form: form).encoded(body, security: mask) else { return body }
            return .string(String(decoding: encoded.bytes, as: UTF8.self))
        }
    }
}

extension HeaderField {
    /// A field as it is sent.
    ///
    /// - Throws: `Problem` (`invalid_request`) when its name or its value holds what cannot be sent.
    init(sending name: String, _ value: String) throws {
        guard let known = FieldNames.name(name), HeaderText.isValue(value) else {
            throw Problem(.invalidRequest, "the header field '\(name)' holds bytes that cannot be sent")
        }
        self.init(name: known, value: value)
    }
}

extension [NativeRequest.Item] {
    /// Sets a header field, whatever its name's case was before.
    mutating func set(_ header: NativeRequest.Item) {
        removeAll { NativeRequest.isSameName($0.name, header.name) }
        append(header)
    }
}

extension ConnectorDocument {
    /// Redirects within the connector's hosts, as many as its document allows.
    fileprivate var redirects: OutboundRequest.Redirects {
        http.redirectsMax == 0 ? .none : OutboundRequest.Redirects(limit: http.redirectsMax, allowsHost: mayCall(host:))
    }
}
