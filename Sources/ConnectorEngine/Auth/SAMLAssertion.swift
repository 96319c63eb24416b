import ConnectorConfig
import JSONValue
import Vocabulary

/// A signed SAML 2.0 assertion.
///
/// It is written in the form of Exclusive XML Canonicalization from the beginning (attributes in order, no empty-element
/// tags, namespaces where they are used first), so that what is digested and signed is the text itself.
struct SAMLAssertion {
    private let config: SAMLConfig

    init(_ config: SAMLConfig) {
        self.config = config
    }

    private static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    private static let signatureNamespace = "http://www.w3.org/2000/09/xmldsig#"
    /// How far the clocks of both sides may differ.
    private static let skew = 60

    /// Makes and signs an assertion.
    ///
    /// - Parameters:
    ///   - scope: what the document's expressions see.
    ///   - tools: signs, and tells the time.
    /// - Returns: The assertion as the parameter of a token request.
    /// - Throws: `Problem` (`credential_unavailable`) when a value or the key is missing or does not fit.
    func text(in scope: ExpressionScope, tools: SigningTools) throws -> Secret<String> {
        let id = "_" + Hexadecimal.text(try tools.digests.randomBytes(16))
        let (head, tail) = try parts(id, scope, now: tools.now())
        let isOld = config.algorithm == .rsaSHA1
        let digest = try tools.digests.digest(isOld ? .sha1 : .sha256, of: Array((head + tail).utf8))
        let info = signedInfo(id, digest: Base64.encoded(digest), isOld: isOld)
        let key = Array(try scope.secretText(config.key).utf8)
        guard let signature = try? tools.digests.sign(isOld ? .rs1 : .rs256, Array(info.utf8), privateKeyPEM: key)
        else {
            throw Problem(.credentialUnavailable, "the key cannot sign; it is an unencrypted RSA key in PEM")
        }
        let value = CanonicalElement("ds:SignatureValue", text: Base64.encoded(signature))
        let signed = try CanonicalElement(
            "ds:Signature",
            [("xmlns:ds", Self.signatureNamespace)],
            raw: info + value.xml()
        )
        let whole = try head + signed.xml(closing: keyInfo(scope)) + tail
        let bytes = Array(whole.utf8)
        return Secret(config.encoding == .base64 ? Base64.encoded(bytes) : Base64.urlEncoded(bytes))
    }

    /// The assertion up to the place of its signature, and from there on.
    private func parts(_ id: String, _ scope: ExpressionScope, now: Int) throws -> (head: String, tail: String) {
        func time(_ seconds: Int) -> String { Instant(millisecondsSinceEpoch: (now + seconds) * 1000).text }
        let end = time(Int(config.lifetime / .seconds(1)))
        let name = "saml:Assertion"
        let head =
            try CanonicalElement.open(
                name,
                [
                    ("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion"), ("ID", id), ("IssueInstant", time(0)),
                    ("Version", "2.0"),
                ]
            ) + CanonicalElement("saml:Issuer", text: scope.secretText(config.issuer)).xml()
        let confirmation = CanonicalElement(
            "saml:SubjectConfirmationData",
            [("NotOnOrAfter", end), ("Recipient", try scope.secretText(config.recipient))]
        )
        let subject = try [
            CanonicalElement("saml:NameID", [("Format", config.subjectFormat)], text: scope.secretText(config.subject)),
            CanonicalElement(
                "saml:SubjectConfirmation",
                [("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")],
                [confirmation]
            ),
        ]
        let audience = CanonicalElement("saml:Audience", text: try scope.secretText(config.audience))
        var body = [
            CanonicalElement("saml:Subject", [], subject),
            CanonicalElement(
                "saml:Conditions",
                [("NotBefore", time(-Self.skew)), ("NotOnOrAfter", end)],
                [CanonicalElement("saml:AudienceRestriction", [], [audience])]
            ),
        ]
        if let context = config.authnContext {
            let reference = CanonicalElement("saml:AuthnContextClassRef", text: try scope.secretText(context))
            body.append(
                CanonicalElement(
                    "saml:AuthnStatement",
                    [("AuthnInstant", time(0))],
                    [CanonicalElement("saml:AuthnContext", [], [reference])]
                )
            )
        }
        let attributes = try config.attributes.map { attribute in
            let value = CanonicalElement("saml:AttributeValue", text: try scope.secretText(attribute.expression))
            return CanonicalElement("saml:Attribute", [("Name", attribute.name)], [value])
        }
        if !attributes.isEmpty { body.append(CanonicalElement("saml:AttributeStatement", [], attributes)) }
        return (head, try body.map { try $0.xml() }.joined() + "</\(name)>")
    }

    /// What is signed: the assertion's digest, and how it came about.
    private func signedInfo(_ id: String, digest: String, isOld: Bool) -> String {
        func method(_ name: String, _ algorithm: String) -> String {
            "<ds:\(name) Algorithm=\"\(algorithm)\"></ds:\(name)>"
        }
        let scheme = isOld ? Self.signatureNamespace + "rsa-sha1" : "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        let hash = isOld ? Self.signatureNamespace + "sha1" : "http://www.w3.org/2001/04/xmlenc#sha256"
        return "<ds:SignedInfo xmlns:ds=\"\(Self.signatureNamespace)\">"
            + method("CanonicalizationMethod", Self.exclusive) + method("SignatureMethod", scheme)
            + "<ds:Reference URI=\"#\(id)\"><ds:Transforms>"
            + method("Transform", Self.signatureNamespace + "enveloped-signature")
            + method("Transform", Self.exclusive) + "</ds:Transforms>" + method("DigestMethod", hash)
            + "<ds:DigestValue>\(digest)</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    }

    private func keyInfo(_ scope: ExpressionScope) throws -> [CanonicalElement] {
        guard let certificate = config.certificate else { return [] }
        let pem = try scope.secretText(certificate)
        let begin = "-----BEGIN CERTIFICATE-----"
        guard let start = pem.firstRange(of: begin), let end = pem.firstRange(of: "-----END CERTIFICATE-----"),
            start.upperBound <= end.lowerBound
        else { throw Problem(.credentialUnavailable, "the certificate is not one in PEM") }
        let der = String(pem[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace })
        let data = CanonicalElement("ds:X509Data", [], [CanonicalElement("ds:X509Certificate", text: der)])
        return [CanonicalElement("ds:KeyInfo", [], [data])]
    }
}

/// An element in the form of Canonical XML.
private struct CanonicalElement {
    private let name: String
    /// In the order that canonical XML wants: namespaces first, then by name.
    private let attributes: [(name: String, value: String)]
    private let text: String
    private let raw: String
    private let children: [CanonicalElement]

    init(
        _ name: String,
        _ attributes: [(name: String, value: String)] = [],
        _ children: [CanonicalElement] = [],
        text: String = "",
        raw: String = ""
    ) {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
        self.raw = raw
    }

    /// The element; `closing` are more children at its end.
    func xml(closing: [CanonicalElement] = []) throws -> String {
        let content = try (children + closing).map { try $0.xml() }.joined()
        return try Self.open(name, attributes) + raw + Self.escaped(text, inAttribute: false) + content + "</\(name)>"
    }

    static func open(_ name: String, _ attributes: [(name: String, value: String)]) throws -> String {
        let text = try attributes.map { " \($0.name)=\"\(try escaped($0.value, inAttribute: true))\"" }.joined()
        return "<\(name)\(text)>"
    }

    /// Canonical XML 1.0 section 2.3: what is written as a reference, and nothing else.
    private static func escaped(_ text: String, inAttribute: Bool) throws -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">" where !inAttribute: output += "&gt;"
            case "\"" where inAttribute: output += "&quot;"
            case "\t" where inAttribute: output += "&#x9;"
            case "\n" where inAttribute: output += "&#xA;"
            case "\r": output += "&#xD;"
            case "\t", "\n": output.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                throw Problem(.credentialUnavailable, "a value of the assertion cannot be written in XML")
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
