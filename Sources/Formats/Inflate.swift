/// Decompresses DEFLATE (RFC 1951), bounded, without trusting the stream.
struct Inflate {
    /// A canonical Huffman code: how many codes each length has, and the symbols in the order of their codes.
    private struct Code {
        private let counts: [Int]
        private let symbols: [Int]

        /// - Throws: when more codes are given than their lengths leave room for.
        init(lengths: ArraySlice<UInt8>) throws(FormatError) {
            var counts = [Int](repeating: 0, count: 16)
            for length in lengths { counts[Int(length)] += 1 }
            counts[0] = 0
            var room = 1
            for length in 1...15 {
                room = room * 2 - counts[length]
                guard room >= 0 else { throw FormatError(.malformed, "a code of the compressed data is not one") }
            }
            var offsets = [Int](repeating: 0, count: 16)
            for length in 1..<15 { offsets[length + 1] = offsets[length] + counts[length] }
            var symbols = [Int](repeating: 0, count: lengths.count)
            for (symbol, length) in lengths.enumerated() where length > 0 {
                symbols[offsets[Int(length)]] = symbol
                offsets[Int(length)] += 1
            }
            self.counts = counts
            self.symbols = symbols
        }

        /// The symbol of the next bits.
        func symbol(_ bits: inout Bits) throws(FormatError) -> Int {
            var code = 0
            var first = 0
            var index = 0
            for length in 1...15 {
                code |= try bits.take(1)
                let count = counts[length]
                if code - count < first { return symbols[index + (code - first)] }
                index += count
                first = (first + count) << 1
                code <<= 1
            }
            throw FormatError(.malformed, "the compressed data holds a code that nothing stands for")
        }
    }

    /// Bits from the low end of each byte.
    private struct Bits {
        let bytes: ArraySlice<UInt8>
        var at: Int
        private var held: UInt32 = 0
        private var count = 0

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
            at = bytes.startIndex
        }

        mutating func take(_ wanted: Int) throws(FormatError) -> Int {
            while count < wanted {
                held |= UInt32(try byte()) << UInt32(count)
                count += 8
            }
            let value = held & (1 << UInt32(wanted) - 1)
            held >>= UInt32(wanted)
            count -= wanted
            return Int(value)
        }

        /// The next whole byte.
        mutating func byte() throws(FormatError) -> UInt8 {
            guard at < bytes.endIndex else { throw FormatError(.malformed, "the compressed data ends too early") }
            defer { at += 1 }
            return bytes[at]
        }

        /// Drops the rest of a byte.
        mutating func align() {
            held = 0
            count = 0
        }
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12_289, 16_385, 24_577,
    ]
    private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private let limit: Int
    private var bits: Bits
    private var output: [UInt8] = []

    private init(_ bytes: ArraySlice<UInt8>, limit: Int) {
        bits = Bits(bytes)
        self.limit = limit
    }

    /// The data behind a stream, at most `limit` bytes, and where the stream ends.
    static func decoded(_ bytes: ArraySlice<UInt8>, limit: Int) throws(FormatError) -> (bytes: [UInt8], end: Int) {
        var state = Inflate(bytes, limit: limit)
        var isLast = false
        while !isLast {
            isLast = try state.bits.take(1) == 1
            switch try state.bits.take(2) {
            case 0: try state.stored()
            case 1:
                try state.block(
                    literals: Code(lengths: fixedLiterals[...]),
                    distances: Code(lengths: fixedDistances[...])
                )
            case 2:
                let (literals, distances) = try state.codes()
                try state.block(literals: literals, distances: distances)
            default: throw FormatError(.malformed, "the compressed data has a block of no kind")
            }
        }
        return (state.output, state.bits.at)
    }

    private static let fixedLiterals: [UInt8] = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    private static let fixedDistances = [UInt8](repeating: 5, count: 30)

    private mutating func stored() throws(FormatError) {
        bits.align()
        let length = Int(try bits.byte()) | Int(try bits.byte()) << 8
        let check = Int(try bits.byte()) | Int(try bits.byte()) << 8
        guard length == check ^ 0xFFFF else { throw FormatError(.malformed, "a stored block has two lengths") }
        let start = bits.at
        guard bits.bytes.endIndex - start >= length else {
            throw FormatError(.malformed, "the compressed data ends too early")
        }
        try makeRoom(length)
        output += bits.bytes[start..<start + length]
        bits.at = start + length
    }

    /// The codes of a block that brings its own.
    private mutating func codes() throws(FormatError) -> (literals: Code, distances: Code) {
        let literalCount = try bits.take(5) + 257
        let distanceCount = try bits.take(5) + 1
        let codeCount = try bits.take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else {
            throw FormatError(.malformed, "the compressed data has too many codes")
        }
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in Self.codeLengthOrder.prefix(codeCount) { lengths[place] = UInt8(try bits.take(3)) }
        let code = try Code(lengths: lengths[...])
        lengths = []
        while lengths.count < literalCount + distanceCount {
            switch try code.symbol(&bits) {
            case 16:
                guard let last = lengths.last else { throw FormatError(.malformed, "there is no length to repeat") }
                lengths += [UInt8](repeating: last, count: 3 + (try bits.take(2)))
            case 17: lengths += [UInt8](repeating: 0, count: 3 + (try bits.take(3)))
            case 18: lengths += [UInt8](repeating: 0, count: 11 + (try bits.take(7)))
            case let length: lengths.append(UInt8(length))
            }
        }
        guard lengths.count == literalCount + distanceCount else {
            throw FormatError(.malformed, "a length is repeated too often")
        }
        return (try Code(lengths: lengths[..<literalCount]), try Code(lengths: lengths[literalCount...]))
    }

    private mutating func block(literals: Code, distances: Code) throws(FormatError) {
        while true {
            let symbol = try literals.symbol(&bits)
            if symbol < 256 {
                try makeRoom(1)
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBases.count else { throw FormatError(.malformed, "a length is not one") }
            let length = Self.lengthBases[symbol - 257] + (try bits.take(Self.lengthBits[symbol - 257]))
            let place = try distances.symbol(&bits)
            guard place < Self.distanceBases.count else { throw FormatError(.malformed, "a distance is not one") }
            let distance = Self.distanceBases[place] + (try bits.take(max(0, place / 2 - 1)))
            guard distance <= output.count else {
                throw FormatError(.malformed, "the compressed data refers to what lies before its start")
            }
            try makeRoom(length)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private func makeRoom(_ count: Int) throws(FormatError) {
        guard output.count + count <= limit else {
            throw FormatError(.limitExceeded, "the compressed data holds more than \(limit) bytes")
        }
    }
}
