#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `$contains`, `$split`, `$match` and `$replace`.
extension Evaluator {
    func contains(_ string: Value, _ pattern: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if string.isUndefined { return .undefined }
        if pattern.isString { return Value(indexOf(pattern, in: string, from: 0) >= 0) }
        guard pattern.isFunction else { return .undefined }
        var cursor = MatchCursor(pattern, string, self)
        return Value(try cursor.next(input, frame))
    }

    /// The byte offset of a string in another, or -1.
    func indexOf(_ needle: Value, in string: Value, from start: Int) -> Int {
        let count = needle.byteCount
        if count == 0 { return start }
        guard string.byteCount - start >= count else { return -1 }
        let base = string.start
        let last = string.byteCount - count
        let first = Int32(needle.start[0])
        var offset = start
        while offset <= last {
            guard let found = memchr(base + offset, first, last - offset + 1) else { return -1 }
            offset = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            if memcmp(base + offset, needle.start, count) == 0 { return offset }
            offset += 1
        }
        return -1
    }

    func match(_ string: Value, _ pattern: Value, _ limit: Value, _ input: Value, _ frame: FramePointer) throws(Fault)
        -> Value
    {
        if string.isUndefined { return .undefined }
        if limit.isNumber, limit.number < 0 { throw fail(.d3040, value: limit, index: 3) }
        let result = arena.array(.sequence)
        guard !limit.isNumber || limit.number > 0 else { return Value(result) }
        var cursor = MatchCursor(pattern, string, self)
        while !limit.isNumber || Double(result.count) < limit.number, try cursor.next(input, frame) {
            arena.push(cursor.object(withEnd: false), to: result)
        }
        return Value(result)
    }

    func split(_ string: Value, _ separator: Value, _ limit: Value, _ input: Value, _ frame: FramePointer) throws(Fault)
        -> Value
    {
        if string.isUndefined { return .undefined }
        if limit.isNumber, limit.number < 0 { throw fail(.d3020, value: limit, index: 3) }
        let most = limit.isNumber ? Int(Swift.min(limit.number, 1e9)) : Int.max
        let result = arena.array([])
        if separator.isString {
            try split(string, by: separator, most, into: result)
            return Value(result)
        }
        guard separator.isFunction else { return .undefined }
        var cursor = MatchCursor(separator, string, self)
        var start = 0
        while result.count < most, try cursor.next(input, frame) {
            arena.push(slice(string, start, cursor.start), to: result)
            start = cursor.end
        }
        if result.count < most { arena.push(slice(string, start, string.byteCount), to: result) }
        return Value(result)
    }

    private func split(_ string: Value, by separator: Value, _ most: Int, into result: ArrayPointer) throws(Fault) {
        let bytes = string.bytes
        if separator.byteCount == 0 {
            // Between all UTF-16 units.
            var start = 0
            while start < bytes.count, result.count < most {
                let byte = bytes[start]
                let isLead = byte >= 0xF0
                let end = byte & 0xC0 == 0x80 || isLead ? start + 2 : start + sequenceLength(byte)
                arena.push(slice(string, start, Swift.min(end, bytes.count)), to: result)
                start = end
            }
            return try spend(result.count)
        }
        var start = 0
        while result.count < most {
            let found = indexOf(separator, in: string, from: start)
            if found < 0 { break }
            arena.push(slice(string, start, found), to: result)
            start = found + separator.byteCount
        }
        if result.count < most { arena.push(slice(string, start, bytes.count), to: result) }
        try spend(result.count)
    }

    /// `$replace(string, pattern, replacement, limit)`.
    func replace(_ a: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let string = a[0]
        let pattern = a[1]
        let replacement = a[2]
        let limit = a[3]
        if string.isUndefined { return .undefined }
        if pattern.isString, pattern.byteCount == 0 { throw fail(.d3010, value: pattern, index: 2) }
        if limit.isNumber, limit.number < 0 { throw fail(.d3011, value: limit, index: 4) }
        let most = limit.isNumber ? limit.number : .infinity
        if pattern.isString { return try replace(string, pattern, replacement, most, input, frame) }
        guard pattern.isFunction else { return .undefined }
        guard most > 0 else { return string }
        var cursor = MatchCursor(pattern, string, self)
        guard try cursor.next(input, frame) else { return string }
        var text = ByteBuilder(arena, capacity: string.byteCount + 16)
        var count = 0.0
        var position = 0
        while true {
            text.append(slice(string, position, cursor.start))
            try checkString(bytes: text.count)
            if replacement.isString {
                substitute(replacement, cursor, &text)
            } else {
                let result = try apply(replacement, one(cursor.object(withEnd: true)), input, frame)
                guard result.isString else { throw fail(.d3012, value: result) }
                text.append(result)
            }
            position = cursor.end
            count += 1
            guard count < most, try cursor.next(input, frame) else { break }
        }
        text.append(slice(string, position, string.byteCount))
        return text.finish()
    }

    private func replace(
        _ string: Value,
        _ pattern: Value,
        _ replacement: Value,
        _ most: Double,
        _ input: Value,
        _ frame: FramePointer
    ) throws(Fault) -> Value {
        var found = indexOf(pattern, in: string, from: 0)
        if found < 0 || most <= 0 { return string }
        var text = ByteBuilder(arena, capacity: string.byteCount + 16)
        var position = 0
        var count = 0.0
        while found >= 0, count < most {
            text.append(slice(string, position, found))
            if replacement.isString {
                text.append(replacement)
            } else {
                let result = try apply(replacement, one(pattern), input, frame)
                guard result.isString else { throw fail(.d3012, value: result) }
                text.append(result)
            }
            try checkString(bytes: text.count)
            position = found + pattern.byteCount
            count += 1
            found = indexOf(pattern, in: string, from: position)
        }
        text.append(slice(string, position, string.byteCount))
        return text.finish()
    }

    /// Writes a replacement, in which `$0` to `$99` and `$$` have a meaning.
    private func substitute(_ replacement: Value, _ cursor: MatchCursor, _ text: inout ByteBuilder) {
        let bytes = replacement.bytes
        var plain = 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$") else {
                index += 1
                continue
            }
            text.append(slice(replacement, plain, index))
            index += 1
            let byte = index < bytes.count ? bytes[index] : 0
            if byte == UInt8(ascii: "$") {
                text.append(byte)
                index += 1
            } else if byte == 0x30 {
                text.append(cursor.match)
                index += 1
            } else if byte >= 0x31, byte <= 0x39 {
                index = substituteGroup(bytes, index, cursor, &text)
            } else {
                text.append(UInt8(ascii: "$"))
            }
            plain = index
        }
        text.append(slice(replacement, plain, bytes.count))
    }

    /// Reads the longest group number that exists and writes the group.
    private func substituteGroup(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ cursor: MatchCursor,
        _ text: inout ByteBuilder
    ) -> Int {
        let count = cursor.groupCount
        let digitsMax = count == 0 ? 1 : String(count).utf8.count
        func number(_ digits: Int) -> (Int, Int) {
            var value = 0
            var index = start
            while index < bytes.count, index - start < digits, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                value = value * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            return (value, index)
        }
        var (value, end) = number(digitsMax)
        if digitsMax > 1, value > count { (value, end) = number(digitsMax - 1) }
        if value >= 1, value <= count {
            let group = cursor.group(value - 1)
            if group.isString { text.append(group) }
        }
        return end
    }

    func join(_ list: Value, _ separator: Value) throws(Fault) -> Value {
        if list.isUndefined { return .undefined }
        let array = list.array
        var text = ByteBuilder(arena)
        var isPlain = true
        for index in 0..<array.count {
            if index > 0, separator.isString {
                text.append(separator)
                isPlain = isPlain && Self.isPlain(separator)
            }
            let item = array[item: index]
            if item.isString {
                text.append(item)
                isPlain = isPlain && item.isPlain
            }
            try checkString(bytes: text.count)
        }
        try spend(array.count >> 2)
        return isPlain ? text.finish().plain : text.finish()
    }

    /// Whether a separator needs no escape; longer ones count as if they did.
    @inline(__always)
    private static func isPlain(_ separator: Value) -> Bool {
        if separator.isPlain || separator.byteCount == 0 { return true }
        let byte = separator.start[0]
        return separator.byteCount == 1 && byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
    }
}
