import HTTPExchange
import HTTPTypes

/// Status and header fields of an answer, line by line as they come.
struct ResponseHead {
    private(set) var status = 0
    /// Whether the body is coded for its way (RFC 9110 section 8.4).
    private(set) var isEncoded = false
    private var bytes = 0
    private var lengthText: String?
    private var list: [HeaderField] = []

    private static let bytesMax = 256 * 1024

    /// What a line was.
    enum Line {
        case part
        /// The empty one behind an answer that is not of an interim status.
        case end
        /// One that says another length than a line before (RFC 9112 section 6.3).
        case contradiction
        /// One too many.
        case excess
    }

    /// The length of the body on its way.
    var length: Int? { lengthText.flatMap { Int($0) } }

    /// The length of the body as it is handed over, when it is known.
    var decodedLength: Int? { isEncoded ? nil : length }

    /// The header fields of the body as it is handed over, which is no longer compressed.
    var fields: HeaderFields {
        guard isEncoded else { return HeaderFields(list: list) }
        return HeaderFields(list: list.filter { $0.name != .contentEncoding && $0.name != .contentLength })
    }

    /// Takes one line with its end; trailers, which come after the body, are counted alone.
    mutating func take(_ line: Span<UInt8>, isTrailer: Bool) -> Line {
        bytes += line.count
        guard bytes <= Self.bytesMax else { return .excess }
        if isTrailer { return .part }
        var end = line.count
        while end > 0, line[end - 1] == 13 || line[end - 1] == 10 { end -= 1 }
        guard end > 0 else { return status >= 200 ? .end : .part }
        let line = line.extracting(0..<end)
        if Self.isStatusLine(line) {
            // What came before belonged to a 1xx answer.
            isEncoded = false
            lengthText = nil
            list = []
            // Most answers have fewer.
            list.reserveCapacity(24)
            status = Self.status(line)
            return .part
        }
        var colon = 0
        while colon < end, line[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon < end, let name = FieldNames.name(line.extracting(0..<colon)) else { return .part }
        var start = colon + 1
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        let value = Self.text(line.extracting(start..<end))
        if name.isSame(as: .contentLength) {
            if let lengthText, !lengthText.utf8.elementsEqual(value.utf8) { return .contradiction }
            lengthText = value
        } else if name.isSame(as: .contentEncoding) {
            isEncoded = true
        }
        list.append(HeaderField(name: name, value: value))
        return .part
    }

    private static func isStatusLine(_ line: Span<UInt8>) -> Bool {
        line.count >= 5 && line[0] == 0x48 && line[1] == 0x54 && line[2] == 0x54 && line[3] == 0x50 && line[4] == 0x2F
    }

    private static func status(_ line: Span<UInt8>) -> Int {
        var index = 0
        while index < line.count, line[index] != 0x20 { index += 1 }
        var status = 0
        let digits = line.extracting(min(index + 1, line.count)..<min(index + 4, line.count))
        for index in digits.indices {
            guard (0x30...0x39).contains(digits[index]) else { return 0 }
            status = status * 10 + Int(digits[index] - 0x30)
        }
        return status
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        // Header fields are bytes; what is not UTF-8 is read as ISO 8859-1 (RFC 9110 section 5.5).
        if let text = String(utf8: bytes) { return text }
        var scalars = String.UnicodeScalarView()
        for index in bytes.indices { scalars.append(Unicode.Scalar(bytes[index])) }
        return String(scalars)
    }
}
