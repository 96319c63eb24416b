/// Collects JSON text as bytes: the one place that knows how strings are escaped.
///
/// For evaluators that write results without building a tree; `JSONValue.bytes` uses it too. The caller sees to commas
/// and nesting.
package struct JSONByteWriter: ~Copyable {
    /// What was written, and room; for evaluators that write in their own loops.
    @usableFromInline package var buffer: UnsafeMutablePointer<UInt8>
    /// How many bytes there is room for.
    @usableFromInline package private(set) var capacity: Int
    /// How many bytes were written.
    @usableFromInline package var count = 0

    /// Starts empty.
    ///
    /// - Parameter capacity: The expected size in bytes.
    package init(capacity: Int = 256) {
        self.capacity = MemoryChunks.size(atLeast: max(capacity, 32))
        buffer = MemoryChunks.take(self.capacity).bindMemory(to: UInt8.self, capacity: self.capacity)
    }

    deinit { MemoryChunks.give(buffer, size: capacity) }

    /// What was written.
    package consuming func finish() -> [UInt8] {
        Array(UnsafeBufferPointer(start: buffer, count: count))
    }

    /// What was written, without a copy.
    package consuming func finishText() -> JSONText {
        let text = JSONText(buffer, count: count, size: capacity)
        discard self
        return text
    }

    /// Forgets everything after the first `count` bytes, to take back a comma or a member.
    package mutating func truncate(to count: Int) {
        precondition(count <= self.count, "truncating a writer beyond what it holds")
        self.count = count
    }

    /// The last bytes written, fewer where there are not as many.
    package func last(_ number: Int) -> [UInt8] {
        let number = min(number, count)
        return Array(UnsafeBufferPointer(start: buffer + count - number, count: number))
    }

    /// Writes one byte as it is.
    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        buffer[count] = byte
        count += 1
    }

    /// Writes bytes as they are: punctuation, numbers, or the source of an untouched value.
    @inlinable @inline(__always)
    package mutating func append(raw bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (buffer + count).update(from: start, count: bytes.count)
        count += bytes.count
    }

    /// Writes a constant as it is.
    @inlinable @inline(__always)
    package mutating func append(raw text: StaticString) {
        append(raw: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes text as it is.
    package mutating func append(raw text: String) {
        var text = text
        text.withUTF8 { append(raw: $0) }
    }

    /// Writes bytes as they are.
    package mutating func append(raw bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBufferPointer { append(raw: $0) }
    }

    /// Writes an integer in decimal digits.
    package mutating func append(integer value: Int) {
        reserve(20)
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        var digits = 1
        var bound: UInt = 10
        while digits < 20, rest >= bound {
            digits += 1
            if digits < 20 { bound *= 10 }
        }
        var position = count + digits
        repeat {
            position -= 1
            buffer[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        count += digits
    }

    /// Writes `text` as a JSON string with quotes and escapes.
    @inline(__always)
    package mutating func append(string text: String) {
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable {
            append(string: $0, mayHoldSurrogates: false)
        }
        guard isWritten == nil else { return }
        var text = text
        text.withUTF8 { append(string: $0, mayHoldSurrogates: false) }
    }

    /// Writes decoded bytes as a JSON string with quotes and escapes (those of RFC 8785).
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, or WTF-8 whose lone surrogates are written as `\udxxx`.
    ///   - mayHoldSurrogates: Whether they can be WTF-8; UTF-8 beyond ASCII is written faster without.
    @inline(__always)
    package mutating func append(string bytes: UnsafeBufferPointer<UInt8>, mayHoldSurrogates: Bool = true) {
        // Room for the text, two quotes, and a last word that is stored whole.
        reserve(bytes.count + 10)
        buffer[count] = UInt8(ascii: "\"")
        count += 1
        if var position = bytes.baseAddress {
            let end = position + bytes.count
            while end - position >= 8 {
                let word = UnsafeRawPointer(position).loadUnaligned(as: UInt64.self)
                guard !TextScan.needsEscape(word, orSurrogate: mayHoldSurrogates) else { break }
                UnsafeMutableRawPointer(buffer + count).storeBytes(of: word, as: UInt64.self)
                position += 8
                count += 8
            }
            while position < end, Self.isPlain(position.pointee, mayHoldSurrogates) {
                buffer[count] = position.pointee
                position += 1
                count += 1
            }
            if position < end { appendEscaped(position, end) }
        }
        append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8, _ mayHoldSurrogates: Bool) -> Bool {
        byte >= 0x20 && byte != 0x22 && byte != 0x5C && !(mayHoldSurrogates && byte >= 0x80)
    }

    /// Goes on where something needs an escape, or a closer look.
    @inline(never)
    private mutating func appendEscaped(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        var position = start
        while true {
            let stop = Self.escapeNeeded(position, end)
            append(raw: UnsafeBufferPointer(start: position, count: stop - position))
            guard stop < end else { break }
            position = stop + escape(stop, end)
        }
    }

    /// The first byte that cannot stand in a string as it is.
    ///
    /// A byte ED may start an encoded surrogate.
    @inline(__always)
    private static func escapeNeeded(
        _ start: UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var position = start
        while true {
            position = TextScan.plainEnd(position, end)
            while position < end, position.pointee >= 0x80 {
                if position.pointee == 0xED, end - position >= 3, position[1] >= 0xA0 { return position }
                position += 1
            }
            if position == end { return position }
            if position.pointee < 0x20 || position.pointee == 0x22 || position.pointee == 0x5C { return position }
        }
    }

    /// Writes the escape for what stands at `position`; returns how many bytes it stands for.
    private mutating func escape(_ position: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        append(UInt8(ascii: "\\"))
        switch position.pointee {
        case UInt8(ascii: "\""): append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): append(UInt8(ascii: "\\"))
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0xED:
            hexUnit(0xD000 | UInt16(position[1] & 0x3F) << 6 | UInt16(position[2] & 0x3F))
            return 3
        case let control: hexUnit(UInt16(control))
        }
        return 1
    }

    private mutating func hexUnit(_ unit: UInt16) {
        append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    @inlinable @inline(__always)
    mutating func reserve(_ extra: Int) {
        if count + extra > capacity { grow(to: max(capacity * 2, count + extra)) }
    }

    /// Makes room for `extra` more bytes, and for as much again as there is.
    @inline(never)
    package mutating func grow(by extra: Int) {
        grow(to: max(capacity * 2, count + extra))
    }

    @usableFromInline @inline(never)
    mutating func grow(to larger: Int) {
        let size = MemoryChunks.size(atLeast: larger)
        let moved = MemoryChunks.take(size).bindMemory(to: UInt8.self, capacity: size)
        moved.update(from: buffer, count: count)
        MemoryChunks.give(buffer, size: capacity)
        buffer = moved
        capacity = size
    }
}

/// Text that a writer wrote, shared by those who hold parts of it.
package final class JSONText: @unchecked Sendable {  // Proof: nothing is written after the initialiser returns.
    private let bytes: UnsafeBufferPointer<UInt8>
    private let size: Int

    fileprivate init(_ start: UnsafeMutablePointer<UInt8>, count: Int, size: Int) {
        bytes = UnsafeBufferPointer(start: start, count: count)
        self.size = size
    }

    deinit {
        if let start = bytes.baseAddress { MemoryChunks.give(UnsafeMutableRawPointer(mutating: start), size: size) }
    }

    /// Adds a part of the text to bytes.
    package func append(_ range: Range<Int>, to output: inout [UInt8]) {
        output.append(contentsOf: bytes[range])
    }
}
