package import ConnectorConfig
package import JSONValue

/// How one request's body is written: the format with the values of its expressions put in.
package struct BodyForm: Sendable {
    /// The format.
    package let format: RequestFormat
    /// SOAP: the action.
    package var action = ""
    /// SOAP: header blocks.
    package var headerBlocks: JSONValue?
    /// GraphQL: the document.
    package var document = ""
    /// GraphQL: the variables below those of the body.
    package var variables: JSONValue?

    /// A format whose expressions have no values yet.
    package init(_ format: RequestFormat) {
        self.format = format
    }
}

/// A body as it is sent, with the header fields that go with it.
struct EncodedBody {
    let bytes: [UInt8]
    let contentType: String
    /// Beside the content type.
    var headers: [(name: String, value: String)] = []
}
