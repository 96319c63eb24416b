import JSONValue
package import Vocabulary

/// Writes and reads `next_cursor`: readable only in the sense that it is signed, bound to what it was made for, and
/// holds no secret.
package struct CursorCodec: Sendable {
    /// Longest text that is read; a list over several accounts holds a place for each that is being read.
    private static let textMax = 16_384
    /// Most bytes of a position; its text travels in addresses.
    static let payloadMax = 6000

    private let digests: any Digests
    private let key: Secret<[UInt8]>

    /// Makes a codec.
    ///
    /// `key`: at least 32 bytes, the same for all processes that serve one caller.
    package init(digests: any Digests, key: Secret<[UInt8]>) {
        self.digests = digests
        self.key = key
    }

    /// The text for a position.
    ///
    /// `binding`: what the cursor is good for: account, resource, method, filters, configuration.
    func text(_ position: ListPosition, binding: [String]) throws -> String {
        let payload = position.json.bytes()
        guard payload.count <= Self.payloadMax else {
            throw Problem(.remoteBadResponse, "the vendor's place in the list is too large for a cursor")
        }
        return try sealed(payload, binding: binding)
    }

    /// Signed bytes as text.
    func sealed(_ payload: [UInt8], binding: [String]) throws -> String {
        let mark = try mark(payload, binding: binding)
        return Base64.urlEncoded(payload) + "." + Base64.urlEncoded(mark)
    }

    /// The position that a text stands for.
    ///
    /// - Throws: `Problem` (`cursor_mismatch`) when it was made for something else, or not by us.
    func position(_ text: String, binding: [String]) throws -> ListPosition {
        let payload = try opened(text, binding: binding)
        guard let json = try? JSONValue(parsing: payload), let position = ListPosition(json) else {
            throw Self.refusal
        }
        return position
    }

    /// The bytes that were signed.
    ///
    /// - Throws: `Problem` (`cursor_mismatch`) when they were signed for something else, or not by us.
    func opened(_ text: String, binding: [String]) throws -> [UInt8] {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.textMax, halves.count == 2, let payload = Base64.urlDecoded(halves[0]),
            let given = Base64.urlDecoded(halves[1])
        else { throw Self.refusal }
        let expected = try mark(payload, binding: binding)
        guard given.count == expected.count, digests.constantTimeEqual(given, expected) else { throw Self.refusal }
        return payload
    }

    /// What is said to a cursor that is none of ours.
    static let refusal = Problem(
        .cursorMismatch,
        "the cursor is not one of this list with these filters and this configuration; start again without it",
        failures: [.init(code: "cursor_mismatch", message: "not a cursor of this list", pointer: "next_cursor")]
    )

    private func mark(_ payload: [UInt8], binding: [String]) throws -> [UInt8] {
        var input: [UInt8] = []
        for part in binding { input += Array("\(part.utf8.count):\(part);".utf8) }
        return Array(try digests.hmac(.sha256, of: input + payload, key: key.reveal()).prefix(16))
    }
}
