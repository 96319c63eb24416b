import JSONValue
package import Vocabulary

/// Where a list goes on: a vendor's page, and how many of its records have been given out.
struct ListPosition: Equatable {
    /// Which page of the vendor.
    enum Page: Equatable {
        case first
        case cursor(String)
        case number(Int)
        case offset(Int)
        case address(String)
    }

    var page: Page = .first
    /// Records of that page that the caller has already.
    var skip = 0
    /// Identity of the page's records, when some of them have been given out.
    var pageHash: String?
    /// Identity of the last record given out.
    var lastHash: String?
    /// The size the page was asked for with.
    var size: Int?

    init(page: Page = .first) {
        self.page = page
    }
}

/// Writes and reads `next_cursor`: readable only in the sense that it is signed, bound to what it was made for, and
/// holds no secret.
package struct CursorCodec: Sendable {
    /// Longest text that is read; a list over several accounts holds a place for each that is being read.
    private static let textMax = 16_384

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
        try sealed(position.json.bytes(), binding: binding)
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

extension ListPosition {
    /// Short, since it travels in addresses: `[kind, value, skip, page hash, last hash, size]`.
    fileprivate var json: JSONValue {
        let place: [JSONValue] =
            switch page {
            case .first: ["f", nil]
            case .cursor(let text): ["c", .string(text)]
            case .number(let number): ["n", .number(JSONNumber(number))]
            case .offset(let offset): ["o", .number(JSONNumber(offset))]
            case .address(let text): ["a", .string(text)]
            }
        var rest: [JSONValue] = [
            .number(JSONNumber(skip)), pageHash.map(JSONValue.string) ?? .null,
            lastHash.map(JSONValue.string) ?? .null, size.map { .number(JSONNumber($0)) } ?? .null,
        ]
        while rest.last == .null { rest.removeLast() }
        return .array(place + rest)
    }

    fileprivate init?(_ json: JSONValue) {
        let value = json[1]
        switch (json[0]?.string, value?.string, value?.int) {
        case ("f", _, _): page = .first
        case ("c", let text?, _): page = .cursor(text)
        case ("n", _, let number?): page = .number(number)
        case ("o", _, let offset?): page = .offset(offset)
        case ("a", let text?, _): page = .address(text)
        default: return nil
        }
        guard let skip = json[2]?.int, skip >= 0 else { return nil }
        self.skip = skip
        pageHash = json[3]?.string
        lastHash = json[4]?.string
        size = json[5]?.int
    }
}
