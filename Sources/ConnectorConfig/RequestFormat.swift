import JSONValue

/// How a request's body is written: a word, or an object with `kind` and options.
package final class RequestFormat: Sendable {
    /// No body.
    package static let noBody = RequestFormat(.none)
    /// A body of JSON.
    package static let json = RequestFormat(.json)

    /// The ways that the engine knows.
    package enum Kind: String, Sendable, CaseIterable {
        /// RFC 8259.
        case json
        /// `application/x-www-form-urlencoded`.
        case form
        /// `multipart/form-data` (RFC 7578).
        case multipart
        /// XML 1.0.
        case xml
        /// An envelope of SOAP 1.1 or 1.2 around XML.
        case soap
        /// A document and its variables, as JSON.
        case graphql
        /// One JSON value a line.
        case ndjson
        /// The bytes of a text.
        case raw
        /// No body.
        case none
    }

    /// The way.
    package let kind: Kind
    /// Instead of the kind's usual content type.
    package let contentType: String?
    /// For XML and SOAP.
    package let xml: XMLNaming
    /// For SOAP.
    package let soap: SOAPOptions
    /// For GraphQL: the document.
    package let document: Expression?
    /// For GraphQL: variables, over which the body is laid.
    package let variables: Expression?
    /// For forms: how lists are written.
    package let arrayFormat: HTTPDefaults.ArrayFormat
    /// For forms: how objects are written.
    package let objectFormat: HTTPDefaults.ObjectFormat

    init(reading place: DocumentReader) throws(ConnectorConfigError) {
        let reader = place.spelledOut
        kind = try reader.required("kind").choice(Kind.self)
        let own: [String] =
            switch kind {
            case .xml: ["root"] + XMLNaming.keys
            case .soap: SOAPOptions.keys + XMLNaming.keys
            case .graphql: ["document", "variables"]
            case .form: ["array_format", "object_format"]
            case .json, .multipart, .ndjson, .raw, .none: []
            }
        try reader.allow(["kind", "content_type"] + own)
        contentType = try reader.child("content_type")?.string()
        xml = try XMLNaming(reading: reader)
        soap = try SOAPOptions(reading: reader)
        document = try reader.child("document")?.expression()
        variables = try reader.child("variables")?.expression()
        arrayFormat = try reader.child("array_format")?.choice(HTTPDefaults.ArrayFormat.self) ?? .brackets
        objectFormat = try reader.child("object_format")?.choice(HTTPDefaults.ObjectFormat.self) ?? .brackets
        if kind == .graphql { _ = try reader.required("document") }
    }

    /// A kind without options.
    package init(_ kind: Kind) {
        self.kind = kind
        contentType = nil
        xml = XMLNaming()
        soap = SOAPOptions()
        document = nil
        variables = nil
        arrayFormat = .brackets
        objectFormat = .brackets
    }
}

/// How the names of a JSON body become those of XML.
package struct XMLNaming: Sendable {
    static let keys = ["namespaces", "prefix", "qualify_attributes", "attributes", "item_names"]

    /// The root element around the body; nil when the body's one member is the root.
    package let root: String?
    /// Declared at the root, by prefix; the empty prefix is the default namespace.
    package let namespaces: [(prefix: String, name: String)]
    /// Put before names that have no prefix.
    package let prefix: String?
    /// Whether attributes get the prefix too.
    package let qualifiesAttributes: Bool
    /// Members with scalar values that are attributes, beside those that start with `@`.
    package let attributes: Set<String>
    /// Names of the elements of lists: a list under such a member is wrapped in one element of the member's name.
    package let itemNames: [String: String]

    init() {
        root = nil
        namespaces = []
        prefix = nil
        qualifiesAttributes = false
        attributes = []
        itemNames = [:]
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        root = try reader.child("root")?.string()
        var namespaces: [(prefix: String, name: String)] = []
        for (prefix, member) in try reader.child("namespaces")?.members() ?? [] {
            namespaces.append((prefix, try member.string()))
        }
        self.namespaces = namespaces
        prefix = try reader.child("prefix")?.string()
        if let prefix, !namespaces.contains(where: { $0.prefix == prefix }) {
            throw try reader.required("prefix").error("'\(prefix)' is not among the namespaces")
        }
        qualifiesAttributes = try reader.child("qualify_attributes")?.bool() ?? false
        attributes = Set(try reader.child("attributes")?.strings() ?? [])
        var itemNames: [String: String] = [:]
        for (name, member) in try reader.child("item_names")?.members() ?? [] { itemNames[name] = try member.string() }
        self.itemNames = itemNames
    }
}

/// The envelope of a SOAP request.
package struct SOAPOptions: Sendable {
    static let keys = ["version", "action", "headers"]

    /// The versions that differ in namespace, content type and faults.
    package enum Version: String, Sendable, CaseIterable {
        case v11 = "1.1"
        case v12 = "1.2"
    }

    /// The version of the envelope.
    package let version: Version
    /// `SOAPAction`, or the `action` of the content type in 1.2; the empty text by default.
    package let action: Expression?
    /// Header blocks, as an object of elements.
    package let headers: Expression?

    init() {
        version = .v11
        action = nil
        headers = nil
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        version = try reader.child("version")?.version(Version.self) ?? .v11
        action = try reader.child("action")?.expression()
        headers = try reader.child("headers")?.expression()
    }
}

extension DocumentReader {
    /// A format that is one word, as the object that it stands for.
    var spelledOut: DocumentReader {
        guard case .string = value else { return self }
        return DocumentReader(value: ["kind": value], pointer: pointer, compiler: compiler)
    }
}
