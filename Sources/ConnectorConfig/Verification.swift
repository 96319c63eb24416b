import JSONValue

/// A request that shows whether credentials work, and whose they are.
package struct Verification: Sendable {
    /// The request; its path hangs on the connector's base URL.
    package let request: RequestTemplate
    /// Whether the answer is good; sees `response`, `status`, `headers`.
    ///
    /// Any 2xx by default.
    package let okWhen: Expression?
    /// What the user is told when it is not.
    package let message: String?
    /// The account's name at the vendor, from the answer.
    package let accountName: Expression?
    /// Variables to keep from the answer.
    package let keep: [(variable: String, path: DocumentPath)]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(RequestTemplate.keys + ["ok_when", "message", "account_name", "keep"])
        request = try RequestTemplate(reading: reader)
        okWhen = try reader.child("ok_when")?.expression()
        message = try reader.child("message")?.string()
        accountName = try reader.child("account_name")?.expression()
        var keep: [(variable: String, path: DocumentPath)] = []
        for (name, member) in try reader.child("keep")?.members() ?? [] {
            keep.append((name, DocumentPath(try member.string())))
        }
        self.keep = keep
    }
}
