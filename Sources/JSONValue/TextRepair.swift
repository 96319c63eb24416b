/// Makes malformed bytes well formed before they are parsed again; only a text that failed comes here.
///
/// Each maximal ill-formed part becomes U+FFFD, as the Unicode Standard (section 3.9) and web browsers have it. When
/// surrogates are kept, one that is encoded as three bytes becomes its escape, so that the source of a document is
/// always UTF-8.
struct TextRepair {
    /// The repaired text.
    private(set) var bytes: [UInt8] = []
    /// Whether anything became U+FFFD.
    private(set) var replacedAny = false
    /// Where the text grew or shrank: source offset and repaired offset after each repair.
    private var marks: [(source: Int, repaired: Int)] = []

    /// Repairs `source`.
    ///
    /// - Parameters:
    ///   - source: The text as received.
    ///   - keepsSurrogates: Whether an encoded surrogate becomes an escape instead of U+FFFD.
    init(_ source: UnsafeBufferPointer<UInt8>, keepsSurrogates: Bool) {
        guard let start = source.baseAddress else { return }
        bytes.reserveCapacity(source.count + 64)
        let end = start + source.count
        var position = start
        while position < end {
            let length = TextScan.sequenceLength(position, end)
            if length > 0 {
                bytes.append(contentsOf: UnsafeBufferPointer(start: position, count: length))
                position += length
                continue
            }
            if keepsSurrogates, let unit = Self.surrogate(position, end), !endsInsideEscape {
                bytes.append(contentsOf: "\\u\(String(unit, radix: 16))".utf8)
                position += 3
            } else {
                bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
                replacedAny = true
                position += Self.illFormedLength(position, end)
            }
            marks.append((position - start, bytes.count))
        }
    }

    /// The place in the text as received that `offset` in the repaired text comes from.
    func sourceOffset(of offset: Int) -> Int {
        guard let mark = marks.last(where: { $0.repaired <= offset }) else { return offset }
        return mark.source + offset - mark.repaired
    }

    /// Whether an odd number of backslashes stands at the end, so that another one would complete an escape.
    private var endsInsideEscape: Bool {
        bytes.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
    }

    /// The surrogate that three bytes at `start` encode, nil when they do not.
    private static func surrogate(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt32? {
        guard end - start >= 3, start[0] == 0xED, start[1] >= 0xA0, start[1] <= 0xBF,
            TextScan.isContinuation(start[2])
        else { return nil }
        return 0xD000 | UInt32(start[1] & 0x3F) << 6 | UInt32(start[2] & 0x3F)
    }

    /// How many bytes the maximal ill-formed part at `start` has.
    private static func illFormedLength(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        let second: ClosedRange<UInt8>
        let needed: Int
        switch start[0] {
        case 0xC2...0xDF: return 1
        case 0xE0: (second, needed) = (0xA0...0xBF, 3)
        case 0xED: (second, needed) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, needed) = (0x80...0xBF, 3)
        case 0xF0: (second, needed) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, needed) = (0x80...0xBF, 4)
        case 0xF4: (second, needed) = (0x80...0x8F, 4)
        default: return 1
        }
        guard end - start >= 2, second.contains(start[1]) else { return 1 }
        var length = 2
        while length < needed - 1, start + length < end, TextScan.isContinuation(start[length]) { length += 1 }
        return length
    }
}
