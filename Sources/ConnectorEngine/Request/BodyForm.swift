package import ConnectorConfig
package import JSONValue

/// How one request's body is written: the format with the values of its expressions put in.
package final class BodyForm: Sendable {
    /// JSON.
    package static let json = BodyForm(.json)
    /// No body.
    package static let noBody = BodyForm(.noBody)

    /// The format.
    package let format: RequestFormat
    /// SOAP: the action.
    package let action: String
    /// SOAP: header blocks.
    package let headerBlocks: JSONValue?
    /// GraphQL: the document.
    package let document: String
    /// GraphQL: the variables below those of the body.
    package let variables: JSONValue?

    /// A format with the values of its expressions, where it has any.
    package init(
        _ format: RequestFormat,
        action: String? = nil,
        headerBlocks: JSONValue? = nil,
        document: String? = nil,
        variables: JSONValue? = nil
    ) {
        self.format = format
        self.action = action ?? ""
        self.headerBlocks = headerBlocks
        self.document = document ?? ""
        self.variables = variables
    }
}

/// A body as it is sent, with the header fields that go with it.
struct EncodedBody {
    let bytes: [UInt8]
    let contentType: String
    /// Beside the content type.
    var headers: [(name: String, value: String)] = []
}
