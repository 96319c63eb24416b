import Formats
import JSONValue
package import Vocabulary

/// The credentials of a WS-Security header block, ready to be put into an envelope.
///
/// OASIS Web Services Security: UsernameToken Profile 1.0, and SOAP Message Security 1.0 for the timestamp.
package final class SOAPSecurity: Sendable {
    /// How the password is shown.
    package enum Password: Sendable {
        /// As it is.
        case text(Secret<String>)
        /// Base64 of SHA-1 over nonce, creation time and password.
        case digest(Secret<String>)
    }

    /// Who calls.
    package let username: Secret<String>
    /// What proves it.
    package let password: Password
    /// Base64 of random bytes, against replays.
    package let nonce: String?
    /// When the token was made, in UTC.
    package let created: String?
    /// From when to when the message is good, in UTC.
    package let timestamp: (created: String, expires: String)?
    /// Whether a receiver that does not know the block must refuse.
    package let mustUnderstand: Bool

    /// Bundles the values of a block.
    package init(
        username: Secret<String>,
        password: Password,
        nonce: String? = nil,
        created: String? = nil,
        timestamp: (created: String, expires: String)? = nil,
        mustUnderstand: Bool = true
    ) {
        self.username = username
        self.password = password
        self.nonce = nonce
        self.created = created
        self.timestamp = timestamp
        self.mustUnderstand = mustUnderstand
    }

    private static let base = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"

    /// `envelope` with these credentials in place of all that it had; every other byte stays.
    ///
    /// A body that a caller wrote himself goes this way too, so that his own credentials never reach the vendor.
    ///
    /// - Parameter envelope: a SOAP 1.1 or 1.2 envelope.
    /// - Returns: The envelope with the block.
    /// - Throws: `Problem` (`invalid_request`) when the text is no envelope.
    package func inject(into envelope: [UInt8]) throws -> [UInt8] {
        do {
            let namespace = try SOAPEnvelope.namespace(of: envelope)
            return try SOAPEnvelope.replacing(header: "Security", by: block(in: namespace), in: envelope)
        } catch {
            throw Problem(.invalidRequest, "the body is not a SOAP envelope: \(error)", underlying: error)
        }
    }

    /// The password of a caller's own block, in plain text; nil when there is none.
    ///
    /// `envelope`: what the caller sent.
    package static func password(in envelope: [UInt8]) -> Secret<String>? {
        guard let value = try? XMLReader.value(of: envelope, form: .stripped) else { return nil }
        var token = value["Envelope"]?["Header"]?["Security"]
        if let blocks = token?.array { token = blocks.first { $0["UsernameToken"] != nil } }
        let password = token?["UsernameToken"]?["Password"]
        if password?["@Type"]?.string?.hasSuffix("#PasswordDigest") == true { return nil }
        return (password?.string ?? password?["#text"]?.string).map { Secret($0) }
    }

    /// The block for an envelope of a namespace; ASCII alone.
    private func block(in namespace: String) throws(FormatError) -> [UInt8] {
        let profile = "\(Self.base)username-token-profile-1.0"
        var text = "<wsse:Security xmlns:wsse=\"\(Self.base)wssecurity-secext-1.0.xsd\""
        text += " xmlns:wsu=\"\(Self.base)wssecurity-utility-1.0.xsd\""
        if mustUnderstand, !namespace.isEmpty {
            text += " xmlns:env=\"\(try Self.written(namespace))\" env:mustUnderstand=\"1\""
        }
        text += ">"
        if let timestamp {
            text += "<wsu:Timestamp><wsu:Created>\(timestamp.created)</wsu:Created>"
            text += "<wsu:Expires>\(timestamp.expires)</wsu:Expires></wsu:Timestamp>"
        }
        text += "<wsse:UsernameToken><wsse:Username>\(try Self.written(username.reveal()))</wsse:Username>"
        switch password {
        case .text(let secret):
            text += "<wsse:Password Type=\"\(profile)#PasswordText\">\(try Self.written(secret.reveal()))"
        case .digest(let secret):
            text += "<wsse:Password Type=\"\(profile)#PasswordDigest\">\(secret.reveal())"
        }
        text += "</wsse:Password>"
        if let nonce {
            text +=
                "<wsse:Nonce EncodingType=\"\(Self.base)soap-message-security-1.0#Base64Binary\">\(nonce)</wsse:Nonce>"
        }
        if let created { text += "<wsu:Created>\(created)</wsu:Created>" }
        text += "</wsse:UsernameToken></wsse:Security>"
        return Array(text.utf8)
    }

    /// `text` with markup and all that is not ASCII as references, which every encoding can hold.
    private static func written(_ text: String) throws(FormatError) -> String {
        var result = ""
        for scalar in try XMLWriter.escaped(text).unicodeScalars {
            if scalar.isASCII { result.unicodeScalars.append(scalar) } else { result += "&#\(scalar.value);" }
        }
        return result
    }
}

extension SOAPSecurity {
    /// A block for people: nothing in it is secret.
    static let masked = SOAPSecurity(
        username: Secret("***"),
        password: .text(Secret("***")),
        mustUnderstand: false
    )
}
