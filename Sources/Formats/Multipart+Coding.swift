extension Multipart {
    /// Writes a body.
    ///
    /// - Parameters:
    ///   - parts: The parts in order.
    ///   - boundary: Random text of 1 to 70 letters, digits or `-_.` that no part contains; also goes into the content type.
    /// - Returns: The body.
    /// - Throws: `FormatError` `inexpressible` for an unfit boundary or header.
    package static func bytes(of parts: [Part], boundary: String) throws(FormatError) -> [UInt8] {
        guard isFit(boundary) else {
            throw FormatError(.inexpressible, "expected a boundary of 1 to 70 letters, digits or '-_.'")
        }
        let delimiter = Array("--\(boundary)".utf8)
        var output: [UInt8] = []
        for part in parts {
            guard firstIndex(of: delimiter, in: part.body, from: 0) == nil else {
                throw FormatError(.inexpressible, "a part contains the boundary; choose another")
            }
            output += delimiter + [0x0D, 0x0A]
            for header in part.headers {
                guard !header.name.isEmpty, isLine(header.name), isLine(header.value), !header.name.contains(":") else {
                    throw FormatError(.inexpressible, "a header field with a line end, or without a name")
                }
                output += "\(header.name): \(header.value)\r\n".utf8
            }
            output += [0x0D, 0x0A]
            output += part.body
            output += [0x0D, 0x0A]
        }
        output += delimiter
        output += "--\r\n".utf8
        return output
    }

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - bytes: The whole body.
    ///   - boundary: As in the content type; see `parameter(_:of:)`.
    ///   - limits: How much is read.
    /// - Returns: The parts in order.
    /// - Throws: `FormatError` with the place of the first fault; a body that ends before its last boundary is malformed.
    package static func parts(
        of bytes: [UInt8],
        boundary: String,
        limits: Limits = Limits()
    ) throws(FormatError) -> [Part] {
        guard bytes.count <= limits.bytesMax else {
            throw FormatError(.limitExceeded, "expected at most \(limits.bytesMax) bytes, found \(bytes.count)")
        }
        guard !boundary.isEmpty, boundary.utf8.count <= 70 else {
            throw FormatError(.malformed, "expected a boundary of 1 to 70 characters")
        }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first boundary may stand at the very start, without a line end before it.
        var position: Int
        if bytes.starts(with: delimiter.dropFirst(2)) {
            position = delimiter.count - 2
        } else if let preamble = firstIndex(of: delimiter, in: bytes, from: 0) {
            position = preamble + delimiter.count
        } else {
            throw FormatError(.malformed, "expected the boundary", at: 0, in: bytes)
        }
        var parts: [Part] = []
        while !bytes[position...].starts(with: [0x2D, 0x2D]) {
            guard parts.count < limits.partsMax else {
                throw FormatError(.limitExceeded, "more than \(limits.partsMax) parts", at: position, in: bytes)
            }
            let headers = try readHeaders(bytes, &position, limits)
            // An empty body shares the line end of the header's last line with the boundary.
            guard let end = firstIndex(of: delimiter, in: bytes, from: position - 2) else {
                throw FormatError(.malformed, "a part without a boundary after it", at: position, in: bytes)
            }
            parts.append(Part(headers: headers, body: Array(bytes[position..<max(position, end)])))
            position = end + delimiter.count
        }
        return parts
    }

    /// Reads the rest of a boundary's line and the header fields up to the blank line.
    private static func readHeaders(
        _ bytes: [UInt8],
        _ position: inout Int,
        _ limits: Limits
    ) throws(FormatError) -> [Header] {
        let start = position
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        guard bytes[position...].starts(with: [0x0D, 0x0A]) else {
            throw FormatError(.malformed, "expected a line end after the boundary", at: position, in: bytes)
        }
        position += 2
        var headers: [Header] = []
        while !bytes[position...].starts(with: [0x0D, 0x0A]) {
            guard let end = firstIndex(of: [0x0D, 0x0A], in: bytes, from: position),
                let colon = bytes[position..<end].firstIndex(of: UInt8(ascii: ":")), colon > position
            else { throw FormatError(.malformed, "expected a header field and a line end", at: position, in: bytes) }
            guard end - start <= limits.headerBytesMax else {
                throw FormatError(
                    .limitExceeded,
                    "a header beyond \(limits.headerBytesMax) bytes",
                    at: start,
                    in: bytes
                )
            }
            let blanks: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
            let value = bytes[(colon + 1)..<end].drop(while: blanks)
            let last = value.lastIndex { !blanks($0) }.map { $0 + 1 } ?? value.startIndex
            headers.append(
                Header(
                    name: String(decoding: bytes[position..<colon], as: UTF8.self),
                    value: String(decoding: value[..<last], as: UTF8.self)
                )
            )
            position = end + 2
        }
        position += 2
        return headers
    }

    private static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while position + pattern.count <= bytes.count {
            guard let candidate = bytes[position...].firstIndex(of: pattern[0]) else { return nil }
            if bytes[candidate...].starts(with: pattern) { return candidate }
            position = candidate + 1
        }
        return nil
    }

    private static func isFit(_ boundary: String) -> Bool {
        (1...70).contains(boundary.utf8.count)
            && boundary.utf8.allSatisfy {
                $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || "-_.".utf8.contains($0)
            }
    }

    private static func isLine(_ text: String) -> Bool { !text.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 } }
}
