#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Cuts a source into tokens.
///
/// Names and strings without escapes point into the source, which outlives the program.
struct Lexer {
    let source: UnsafeBufferPointer<UInt8>
    let arena: Arena
    private(set) var offset = 0
    private(set) var failure = FaultDetails()

    init(_ source: UnsafeBufferPointer<UInt8>, arena: Arena) {
        self.source = source
        self.arena = arena
    }

    /// The next token.
    ///
    /// After an operand (`afterOperand`) a slash divides; elsewhere it starts a regex.
    mutating func next(afterOperand: Bool) throws(Fault) -> Token {
        try skipBlanks()
        guard offset < source.count else { return operatorToken(.end, length: 0) }
        let byte = source[offset]
        switch byte {
        case 0x22, 0x27: return try string(quote: byte)
        case 0x30...0x39: return try number()
        case 0x60: return try quotedName()
        case UInt8(ascii: "/") where !afterOperand: return try regex()
        default: break
        }
        if let kind = operatorKind(byte) { return kind }
        if byte == UInt8(ascii: "!") || byte == UInt8(ascii: "~") {
            throw fail(.s0204, at: offset + 1, token: text(at: offset, 1))
        }
        return word()
    }

    private func peek(_ distance: Int) -> UInt8 {
        offset + distance < source.count ? source[offset + distance] : 0
    }

    private mutating func skipBlanks() throws(Fault) {
        while offset < source.count {
            let byte = source[offset]
            if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0C) {
                offset += 1
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                let start = offset
                offset += 2
                while !(peek(0) == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
                    if offset >= source.count { throw fail(.s0106, at: start) }
                    offset += 1
                }
                offset += 2
            } else {
                return
            }
        }
    }

    private mutating func operatorToken(_ kind: TokenKind, length: Int) -> Token {
        offset += length
        return Token(kind: kind, value: Value(kind.text), end: offset)
    }

    private mutating func operatorKind(_ byte: UInt8) -> Token? {
        switch (byte, peek(1)) {
        case (UInt8(ascii: "."), UInt8(ascii: ".")): operatorToken(.dotDot, length: 2)
        case (UInt8(ascii: ":"), UInt8(ascii: "=")): operatorToken(.assign, length: 2)
        case (UInt8(ascii: "!"), UInt8(ascii: "=")): operatorToken(.notEqual, length: 2)
        case (UInt8(ascii: ">"), UInt8(ascii: "=")): operatorToken(.greaterOrEqual, length: 2)
        case (UInt8(ascii: "<"), UInt8(ascii: "=")): operatorToken(.lessOrEqual, length: 2)
        case (UInt8(ascii: "*"), UInt8(ascii: "*")): operatorToken(.starStar, length: 2)
        case (UInt8(ascii: "~"), UInt8(ascii: ">")): operatorToken(.apply, length: 2)
        case (UInt8(ascii: "?"), UInt8(ascii: ":")): operatorToken(.elvis, length: 2)
        case (UInt8(ascii: "?"), UInt8(ascii: "?")): operatorToken(.coalesce, length: 2)
        default: Lexer.single(byte).map { operatorToken($0, length: 1) }
        }
    }

    private static func single(_ byte: UInt8) -> TokenKind? {
        switch byte {
        case UInt8(ascii: "."): .dot
        case UInt8(ascii: "["): .openBracket
        case UInt8(ascii: "]"): .closeBracket
        case UInt8(ascii: "{"): .openBrace
        case UInt8(ascii: "}"): .closeBrace
        case UInt8(ascii: "("): .openParen
        case UInt8(ascii: ")"): .closeParen
        case UInt8(ascii: ","): .comma
        case UInt8(ascii: "@"): .at
        case UInt8(ascii: "#"): .hash
        case UInt8(ascii: ";"): .semicolon
        case UInt8(ascii: ":"): .colon
        case UInt8(ascii: "?"): .question
        case UInt8(ascii: "+"): .plus
        case UInt8(ascii: "-"): .minus
        case UInt8(ascii: "*"): .star
        case UInt8(ascii: "/"): .slash
        case UInt8(ascii: "%"): .percent
        case UInt8(ascii: "|"): .bar
        case UInt8(ascii: "="): .equal
        case UInt8(ascii: "<"): .less
        case UInt8(ascii: ">"): .greater
        case UInt8(ascii: "^"): .caret
        case UInt8(ascii: "&"): .ampersand
        default: nil
        }
    }

    private mutating func string(quote: UInt8) throws(Fault) -> Token {
        offset += 1
        let start = offset
        while offset < source.count, source[offset] != quote, source[offset] != UInt8(ascii: "\\") { offset += 1 }
        if offset < source.count, source[offset] == quote {
            let value = Value(string: pointer(start), count: offset - start).keyed
            offset += 1
            return Token(kind: .string, value: value, end: offset)
        }
        var text = ByteBuilder(arena)
        text.append(pointer(start), count: offset - start)
        while offset < source.count {
            let byte = source[offset]
            if byte == quote {
                offset += 1
                return Token(kind: .string, value: text.finish().keyed, end: offset)
            }
            offset += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        throw fail(.s0101, at: offset)
    }

    private mutating func escape(into text: inout ByteBuilder) throws(Fault) {
        let byte = peek(0)
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit: UInt32 = 0
            for distance in 1...4 {
                guard let digit = hexDigit(peek(distance)) else { throw fail(.s0104, at: offset) }
                unit = unit << 4 | UInt32(digit)
            }
            text.append(utf16: UInt16(unit))
            offset += 4
        default:
            let length = offset < source.count ? sequenceLength(byte) : 0
            throw fail(.s0103, at: offset, token: self.text(at: offset, length))
        }
        offset += 1
    }

    private mutating func number() throws(Fault) -> Token {
        let start = offset
        func digit() -> Bool { peek(0) >= 0x30 && peek(0) <= 0x39 }
        if peek(0) == 0x30 {
            offset += 1
        } else {
            while digit() { offset += 1 }
        }
        var isInteger = true
        if peek(0) == UInt8(ascii: "."), peek(1) >= 0x30, peek(1) <= 0x39 {
            isInteger = false
            offset += 1
            while digit() { offset += 1 }
        }
        if peek(0) | 0x20 == UInt8(ascii: "e") {
            let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
            if peek(1 + sign) >= 0x30, peek(1 + sign) <= 0x39 {
                isInteger = false
                offset += 1 + sign
                while digit() { offset += 1 }
            }
        }
        let digits = UnsafeBufferPointer(rebasing: source[start..<offset])
        let value: Double
        if isInteger, digits.count <= 15 {
            value = Double(digits.reduce(0) { $0 &* 10 &+ Int($1 &- 0x30) })
        } else {
            value = parseDecimal(digits)
        }
        guard value.isFinite else { throw fail(.s0102, at: start, token: text(at: start, offset - start)) }
        return Token(kind: .number, value: Value(value), end: offset)
    }

    private mutating func quotedName() throws(Fault) -> Token {
        offset += 1
        let start = offset
        while offset < source.count, source[offset] != 0x60 { offset += 1 }
        guard offset < source.count else { throw fail(.s0105, at: source.count) }
        let name = Value(string: pointer(start), count: offset - start).keyed
        offset += 1
        return Token(kind: .name, value: name, end: offset)
    }

    private mutating func word() -> Token {
        let start = offset
        while offset < source.count {
            let byte = source[offset]
            if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0C) || Lexer.endsWord(byte) { break }
            offset += 1
        }
        if offset == start { offset += 1 }
        let length = offset - start
        if source[start] == UInt8(ascii: "$") {
            return Token(kind: .variable, value: text(at: start + 1, length - 1).keyed, end: offset)
        }
        let word = text(at: start, length).keyed
        switch length {
        case 2 where matches(start, "or"): return Token(kind: .or, value: word, end: offset)
        case 2 where matches(start, "in"): return Token(kind: .isIn, value: word, end: offset)
        case 3 where matches(start, "and"): return Token(kind: .and, value: word, end: offset)
        case 4 where matches(start, "true"): return Token(kind: .constant, value: Value(true), end: offset)
        case 4 where matches(start, "null"): return Token(kind: .constant, value: .null, end: offset)
        case 5 where matches(start, "false"): return Token(kind: .constant, value: Value(false), end: offset)
        default: return Token(kind: .name, value: word, end: offset)
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        single(byte) != nil || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "~")
    }

    private mutating func regex() throws(Fault) -> Token {
        offset += 1
        let start = offset
        var depth = 0
        while offset < source.count {
            let byte = source[offset]
            if byte == UInt8(ascii: "/"), source[offset - 1] != UInt8(ascii: "\\"), depth == 0 {
                let end = offset
                if end == start { throw fail(.s0301, at: offset) }
                offset += 1
                var options = RegexOptions()
                while peek(0) == UInt8(ascii: "i") || peek(0) == UInt8(ascii: "m") {
                    if peek(0) == UInt8(ascii: "i") { options.ignoresCase = true } else { options.isMultiline = true }
                    offset += 1
                }
                let pattern = UnsafeBufferPointer(rebasing: source[start..<end])
                switch RegexCompiler.compile(pattern, options, arena) {
                case .program(let program):
                    return Token(
                        kind: .regex,
                        value: text(at: start - 1, offset - start + 1),
                        end: offset,
                        regex: program
                    )
                case .failure(let reason):
                    failure.value = arena.string(reason)
                    failure.position = offset
                    throw Fault(code: .s0303)
                }
            }
            let escaped = offset > 0 && source[offset - 1] == UInt8(ascii: "\\")
            if !escaped {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            offset += 1
        }
        throw fail(.s0302, at: offset)
    }

    private func pointer(_ index: Int) -> UnsafePointer<UInt8> {
        source.baseAddress.map { $0 + index } ?? Value.emptyString.start
    }

    private func text(at start: Int, _ length: Int) -> Value {
        Value(string: pointer(start), count: length)
    }

    private func matches(_ start: Int, _ word: StaticString) -> Bool {
        memcmp(pointer(start), word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    private mutating func fail(_ code: FaultCode, at position: Int, token: Value = .undefined) -> Fault {
        failure.position = position
        failure.token = token
        return Fault(code: code)
    }
}
