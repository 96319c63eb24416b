/// What a token is.
enum TokenKind: UInt8, BitwiseCopyable {
    case end, name, variable, string, number, constant, regex
    // Operators
    case dot, openBracket, closeBracket, openBrace, closeBrace, openParen, closeParen, comma, at, hash, semicolon
    case colon, question, plus, minus, star, slash, percent, bar, equal, less, greater, caret, starStar, dotDot
    case assign, notEqual, lessOrEqual, greaterOrEqual, apply, elvis, coalesce, ampersand
    case and, or, isIn

    /// How tightly the operator binds what stands left of it.
    var bindingPower: Int {
        switch self {
        case .dot: 75
        case .openBracket, .openParen, .at, .hash: 80
        case .openBrace: 70
        case .star, .slash, .percent: 60
        case .plus, .minus, .ampersand: 50
        case .equal, .less, .greater, .notEqual, .lessOrEqual, .greaterOrEqual, .apply, .isIn, .caret, .elvis,
            .coalesce:
            40
        case .and: 30
        case .or: 25
        case .question: 20
        case .assign: 10
        default: 0
        }
    }

    /// The text of an operator; empty for others.
    var text: StaticString {
        switch self {
        case .end: "(end)"
        case .name, .variable, .string, .number, .constant, .regex: ""
        case .dot: "."
        case .openBracket: "["
        case .closeBracket: "]"
        case .openBrace: "{"
        case .closeBrace: "}"
        case .openParen: "("
        case .closeParen: ")"
        case .comma: ","
        case .at: "@"
        case .hash: "#"
        case .semicolon: ";"
        case .colon: ":"
        case .question: "?"
        case .plus: "+"
        case .minus: "-"
        case .star: "*"
        case .slash: "/"
        case .percent: "%"
        case .bar: "|"
        case .equal: "="
        case .less: "<"
        case .greater: ">"
        case .caret: "^"
        case .starStar: "**"
        case .dotDot: ".."
        case .assign: ":="
        case .notEqual: "!="
        case .lessOrEqual: "<="
        case .greaterOrEqual: ">="
        case .apply: "~>"
        case .elvis: "?:"
        case .coalesce: "??"
        case .ampersand: "&"
        case .and: "and"
        case .or: "or"
        case .isIn: "in"
        }
    }
}

/// A word of the source.
struct Token: BitwiseCopyable {
    var kind: TokenKind
    /// The value of a literal, or the text of a name (in key form), a variable (without `$`) or an operator.
    var value: Value
    /// The offset after the token in bytes.
    var end: Int
    /// The pattern of a regex token.
    var regex: RegexPointer?
}
