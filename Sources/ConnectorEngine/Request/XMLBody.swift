import ConnectorConfig
import Formats
import JSONValue

/// A JSON body with the names that its XML has.
struct XMLBody {
    let naming: XMLNaming

    /// The document: the root element with the namespaces' declarations.
    func document(_ body: JSONValue) throws(FormatError) -> JSONValue {
        let root = naming.root.map { .object([$0: body]) } ?? body
        guard case .object(let members) = named(root), members.count == 1, let first = members.first else {
            return root
        }
        return .object([first.key: declared(first.value)])
    }

    /// `value` with prefixes, attributes and wrapped lists.
    func named(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(JSONObject(members.map { named($0.key, $0.value) }))
        case .array(let elements): return .array(elements.map(named))
        case .null, .bool, .number, .string: return value
        }
    }

    /// `element` with the declarations of the namespaces before its own members.
    func declared(_ element: JSONValue) -> JSONValue {
        var members = JSONObject()
        for namespace in naming.namespaces {
            members[namespace.prefix.isEmpty ? "@xmlns" : "@xmlns:\(namespace.prefix)"] = .string(namespace.name)
        }
        guard !members.isEmpty else { return element }
        switch element {
        case .object(let own): for member in own { members[member.key] = member.value }
        case .null: break
        default: members["#text"] = element
        }
        return .object(members)
    }

    private func named(_ name: String, _ value: JSONValue) -> (String, JSONValue) {
        if name == "#text" { return (name, value) }
        if name.hasPrefix("@") { return (attribute(String(name.dropFirst())), value) }
        if naming.attributes.contains(name), value.plainText != nil { return (attribute(name), value) }
        guard let item = naming.itemNames[name], value.array != nil else { return (prefixed(name), named(value)) }
        return (prefixed(name), .object([prefixed(item): named(value)]))
    }

    private func attribute(_ name: String) -> String {
        "@" + (naming.qualifiesAttributes && !name.hasPrefix("xmlns") ? prefixed(name) : name)
    }

    private func prefixed(_ name: String) -> String {
        guard let prefix = naming.prefix, !prefix.isEmpty, !name.contains(":") else { return name }
        return "\(prefix):\(name)"
    }
}

/// A SOAP envelope (SOAP 1.1 section 4, SOAP 1.2 part 1 section 5) around a JSON body.
struct SOAPBody {
    let form: BodyForm

    func encoded(_ body: JSONValue?) throws(FormatError) -> EncodedBody {
        let naming = XMLBody(naming: form.format.xml)
        let isOld = form.format.soap.version == .v11
        var envelope: JSONObject = ["@xmlns:soapenv": .string(Self.namespace(form.format.soap.version))]
        if let blocks = form.headerBlocks, !blocks.isNull { envelope["soapenv:Header"] = naming.named(blocks) }
        envelope["soapenv:Body"] = body.map { naming.named($0) } ?? .null
        let bytes = try XMLWriter.bytes(of: ["soapenv:Envelope": naming.declared(.object(envelope))])
        let action = form.action.filter { $0 != "\"" }
        guard isOld else {
            let type = form.format.contentType ?? "application/soap+xml; charset=utf-8"
            return EncodedBody(bytes: bytes, contentType: action.isEmpty ? type : "\(type); action=\"\(action)\"")
        }
        return EncodedBody(
            bytes: bytes,
            contentType: form.format.contentType ?? "text/xml; charset=utf-8",
            headers: [("SOAPAction", "\"\(action)\"")]
        )
    }

    private static func namespace(_ version: SOAPOptions.Version) -> String {
        switch version {
        case .v11: "http://schemas.xmlsoap.org/soap/envelope/"
        case .v12: "http://www.w3.org/2003/05/soap-envelope"
        }
    }
}
