/// Reads statements of the SQL-like language, token by token.
struct SQLParser {
    private enum Token: Equatable {
        case word(String)
        case text(String)
        case symbol(String)
    }

    private var tokens: [Token] = []
    private var place = 0
    private var broken: String?

    init(_ statement: String) {
        var rest = Substring(statement)
        while let character = rest.first {
            if character.isWhitespace {
                rest.removeFirst()
            } else if character == "'" {
                rest.removeFirst()
                var text = ""
                var isClosed = false
                while let next = rest.popFirst() {
                    if next == "'" {
                        isClosed = true
                        break
                    }
                    if next == "\\", let escaped = rest.popFirst() {
                        switch escaped {
                        case "n": text.append("\n")
                        case "r": text.append("\r")
                        case "t": text.append("\t")
                        case "'", "\"": text.append(escaped)
                        // Kept for LIKE, where the backslash takes the meaning from a wildcard.
                        case "%", "_": text += "\\" + String(escaped)
                        case "\\": text += "\\"
                        default: text.append(escaped)
                        }
                    } else {
                        text.append(next)
                    }
                }
                if !isClosed { broken = "unclosed string" }
                tokens.append(.text(text))
            } else if character.isLetter || character.isNumber || character == "_" || character == "-"
                || character == "+"
            {
                let word = rest.prefix {
                    $0.isLetter || $0.isNumber || "_.:+-".contains($0)
                }
                rest = rest.dropFirst(word.count)
                tokens.append(.word(String(word)))
            } else {
                let two = String(rest.prefix(2))
                let symbol = ["!=", "<=", ">=", "<>"].contains(two) ? two : String(character)
                rest = rest.dropFirst(symbol.count)
                tokens.append(.symbol(symbol))
            }
        }
    }

    /// The next symbol, if it is one.
    var peek: String? {
        guard place < tokens.count, case .symbol(let symbol) = tokens[place] else { return nil }
        return symbol
    }

    mutating func take(_ word: String) -> Bool {
        guard place < tokens.count else { return false }
        switch tokens[place] {
        case .word(let found) where found.uppercased() == word: break
        case .symbol(let found) where found == word: break
        default: return false
        }
        place += 1
        return true
    }

    mutating func expect(_ word: String) throws {
        if let broken { throw SQLQuery.Failure(message: broken) }
        guard take(word) else { throw unexpected() }
    }

    mutating func expectEnd() throws {
        if let broken { throw SQLQuery.Failure(message: broken) }
        guard place == tokens.count else { throw unexpected() }
    }

    mutating func name() throws -> String {
        guard place < tokens.count, case .word(let word) = tokens[place] else { throw unexpected() }
        place += 1
        return word
    }

    mutating func integer() throws -> Int {
        guard let value = Int(try name()), value >= 0 else { throw unexpected() }
        return value
    }

    /// `a AND b OR NOT (c)`; the vendor's rule that AND and OR need brackets between them is not enforced.
    mutating func condition() throws -> SQLCondition {
        var left = try conjunction()
        while take("OR") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws -> SQLCondition {
        var left = try term()
        while take("AND") { left = .and(left, try term()) }
        return left
    }

    private mutating func term() throws -> SQLCondition {
        if take("NOT") { return .not(try term()) }
        if take("(") {
            let inner = try condition()
            try expect(")")
            return inner
        }
        let field = try name()
        if take("LIKE") {
            guard case .text(let pattern) = try value() else { throw unexpected() }
            return .like(field: field, pattern: pattern)
        }
        let isNegated = take("NOT")
        if take("IN") {
            try expect("(")
            var values: [SQLValue] = []
            repeat { values.append(try value()) } while take(",")
            try expect(")")
            return .among(field: field, values, isNegated: isNegated)
        }
        guard let symbol = peek, ["=", "!=", "<>", "<", ">", "<=", ">="].contains(symbol) else { throw unexpected() }
        place += 1
        return .compare(field: field, symbol: symbol, try value())
    }

    private mutating func value() throws -> SQLValue {
        guard place < tokens.count else { throw unexpected() }
        defer { place += 1 }
        switch tokens[place] {
        case .text(let text): return .text(text)
        case .word(let word):
            switch word.uppercased() {
            case "NULL": return .null
            case "TRUE": return .bool(true)
            case "FALSE": return .bool(false)
            default:
                if let number = Double(word) { return .number(number) }
                if let seconds = Moment.seconds(word) { return .moment(seconds) }
                throw unexpected()
            }
        case .symbol: throw unexpected()
        }
    }

    private func unexpected() -> SQLQuery.Failure {
        guard place < tokens.count else { return SQLQuery.Failure(message: "unexpected token: '<EOF>'") }
        switch tokens[place] {
        case .word(let text), .text(let text), .symbol(let text):
            return SQLQuery.Failure(message: "unexpected token: '\(text)'")
        }
    }
}
