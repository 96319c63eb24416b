import JSONValue

/// A request as the simulator sees it.
struct SandboxRequest: Sendable {
    var method: String
    /// Percent-decoded path.
    var path: String
    var query: [(name: String, value: String)] = []
    /// Names in lower case.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Whether the connection presented a certificate of the authority that the vendor trusts.
    var hasClientCertificate = false

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The body as a form, or as a flat JSON object in its place.
    var form: [String: String] {
        var form: [String: String] = [:]
        if header("content-type")?.contains("json") == true {
            for member in (try? JSONValue(parsing: body))?.object ?? [:] { form[member.key] = member.value.string }
            return form
        }
        for item in FormText.items(body) { form[item.name] = item.value }
        return form
    }
}

/// What the simulator answers.
struct SandboxResponse: Sendable {
    /// How the answer leaves.
    enum Manner: Sendable, Equatable {
        case whole
        /// After so many milliseconds.
        case late(Int)
        /// The connection is closed without an answer.
        case dropped
    }

    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var manner: Manner = .whole

    static func json(_ value: JSONValue, status: Int = 200) -> SandboxResponse {
        SandboxResponse(
            status: status,
            headers: [("Content-Type", "application/json;charset=UTF-8")],
            body: value.bytes()
        )
    }

    static func html(_ text: String, status: Int = 200) -> SandboxResponse {
        SandboxResponse(status: status, headers: [("Content-Type", "text/html; charset=utf-8")], body: Array(text.utf8))
    }
}

/// Form and query text.
enum FormText {
    static func items(_ bytes: some Sequence<UInt8>) -> [(name: String, value: String)] {
        String(decoding: Array(bytes), as: UTF8.self).split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(sides[0]), sides.count > 1 ? decoded(sides[1]) : "")
        }
    }

    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = true) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
            result +=
                isPlain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return result
    }
}
