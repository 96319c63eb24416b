package import Vocabulary

/// Makes and recognises the texts of API keys and link tokens: 256 random bits, of which only the digest is stored.
package struct TokenText: Sendable {
    private let digests: any Digests

    /// Uses `digests` for randomness and hashing.
    package init(digests: any Digests) {
        self.digests = digests
    }

    /// A new text with its digest.
    func make(prefix: String) throws -> (text: Secret<String>, sha256: [UInt8]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        // 43 characters of 6 bits each.
        let random = try digests.randomBytes(43).map { alphabet[Int($0 & 63)] }
        let text = prefix + String(decoding: random, as: UTF8.self)
        return (Secret(text), try sha256(of: text))
    }

    /// The digest of a text.
    func sha256(of text: String) throws -> [UInt8] {
        try digests.digest(.sha256, of: Array(text.utf8))
    }

    /// Reads a digest in lower-case hexadecimal.
    ///
    /// - Throws: `invalid_request` for anything else.
    static func digest(hexadecimal text: String) throws(Problem) -> [UInt8] {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 64, !digits.contains(nil) else {
            throw Problem(.invalidRequest, "a digest has 64 lower-case hexadecimal digits")
        }
        let values = digits.compactMap { $0 }
        return stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
