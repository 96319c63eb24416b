import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// How a request gets signed, where that takes more than putting values in: header fields that are made of the finished
/// request, anew for each sending.
protocol RequestSignature: Sendable {
    /// The fields.
    ///
    /// - Parameters:
    ///   - request: as it is sent, but for these fields.
    ///   - scope: `credentials` and `context`.
    ///   - tools: digests, randomness and the time.
    /// - Returns: The fields, in the order in which they come to stand.
    /// - Throws: `Problem` (`credential_unavailable`) when a credential is missing or does not fit.
    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )]
}

extension SignatureConfig {
    var signature: any RequestSignature {
        switch self {
        case .oauth1(let config): OAuth1Signature(config: config)
        case .hmac(let config): HMACSignature(config: config)
        case .sigV4(let config): SigV4Signature(config: config)
        case .webToken(let config): RequestToken(config: config)
        }
    }
}

/// An address taken apart for signing, with its query decoded.
struct SignedAddress {
    let scheme: String
    let host: String
    /// As it is sent; a slash when it is empty.
    let path: String
    /// As it is sent.
    let query: String
    /// Names and values, decoded.
    let items: [(name: String, value: String)]

    init(_ url: String) {
        let end = url.firstRange(of: "://")
        scheme = end.map { url[..<$0.lowerBound].lowercased() } ?? ""
        let rest = end.map { url[$0.upperBound...] } ?? url[...]
        host = rest.prefix { $0 != "/" && $0 != "?" }.lowercased()
        let tail = rest.drop { $0 != "/" && $0 != "?" }
        let path = String(tail.prefix { $0 != "?" })
        self.path = path.isEmpty ? "/" : path
        query = String(tail.dropFirst(path.count).dropFirst())
        items = Self.items(query, plusIsBlank: false)
    }

    /// The parameters of a query or of a form.
    ///
    /// `plusIsBlank`: in a form a plus sign stands for a blank.
    static func items(_ text: String, plusIsBlank: Bool) -> [(name: String, value: String)] {
        text.split(separator: "&").map { item in
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { half in
                decoded(half, plusIsBlank: plusIsBlank)
            }
            return (halves[0], halves.count == 2 ? halves[1] : "")
        }
    }

    /// Text whose bytes may be written as `%2F` (RFC 3986 section 2.1).
    private static func decoded(_ text: Substring, plusIsBlank: Bool) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Bytes out of the text that keys are written in.
enum SignatureText {
    static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
