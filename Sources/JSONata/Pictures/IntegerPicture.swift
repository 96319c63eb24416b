/// How an integer is written, as XPath's format-integer describes it: `#,##0`, `001`, `w;o`, `I`, `a`.
struct IntegerPicture {
    enum Primary {
        case decimal, letters, roman, words
        case sequence(String)
    }

    enum LetterCase {
        case lower, upper, title
    }

    struct Separator {
        var position: Int
        var character: UInt32
    }

    var primary = Primary.decimal
    var letterCase = LetterCase.lower
    var isOrdinal = false
    var zero: UInt32 = 0x30
    var mandatoryDigits = 0
    var optionalDigits = 0
    /// The distance of separators when they repeat regularly; 0 when not.
    var regularDistance = 0
    var separators: [Separator] = []
    /// How many digits to read when the next part follows without anything between.
    var parseWidth: Int?

    private static let zeroes: [UInt32] = [
        0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
        0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
        0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ]

    /// Reads a picture.
    init(_ picture: String) throws(Fault) {
        var token = Substring(picture)
        if let semicolon = picture.lastIndex(of: ";") {
            token = picture[..<semicolon]
            isOrdinal = picture[picture.index(after: semicolon)...].first == "o"
        }
        switch token {
        case "A", "a":
            primary = .letters
            letterCase = token == "A" ? .upper : .lower
        case "I", "i":
            primary = .roman
            letterCase = token == "I" ? .upper : .lower
        case "W", "w", "Ww":
            primary = .words
            letterCase = token == "W" ? .upper : (token == "w" ? .lower : .title)
        default: try readDigits(token)
        }
    }

    private mutating func readDigits(_ token: Substring) throws(Fault) {
        var family: UInt32?
        var position = 0
        for scalar in token.unicodeScalars.reversed() {
            if let start = IntegerPicture.zeroes.first(where: { scalar.value >= $0 && scalar.value <= $0 + 9 }) {
                if let family, family != start { throw Fault(code: .d3131) }
                family = start
                mandatoryDigits += 1
                position += 1
            } else if scalar == "#" {
                position += 1
                optionalDigits += 1
            } else {
                separators.append(Separator(position: position, character: scalar.value))
            }
        }
        guard let family else {
            primary = .sequence(String(token))
            return
        }
        zero = family
        regularDistance = IntegerPicture.regularDistance(separators)
    }

    private static func regularDistance(_ separators: [Separator]) -> Int {
        guard let first = separators.first, separators.allSatisfy({ $0.character == first.character }) else { return 0 }
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        let distance = separators.map(\.position).reduce(0, divisor)
        guard distance > 0 else { return 0 }
        let positions = Set(separators.map(\.position))
        for index in 1...separators.count where !positions.contains(index * distance) { return 0 }
        return distance
    }

    // MARK: - Writing

    /// A number, which must be whole, as the picture shows it.
    /// - Throws: `D3130` (the caller adds the token) for numbering sequences that have no meaning here.
    func format(_ value: Double) throws(Fault) -> String {
        let magnitude = value.magnitude
        var text: String
        switch primary {
        case .letters: text = NumberWords.letters(magnitude, isUpper: letterCase == .upper)
        case .roman:
            guard let roman = NumberWords.roman(magnitude) else { throw Fault(code: .u2002) }
            text = letterCase == .upper ? roman.uppercased() : roman
        case .words:
            text = NumberWords.words(magnitude, isOrdinal: isOrdinal)
            if letterCase == .upper {
                text = text.uppercased()
            } else if letterCase == .lower {
                text = text.lowercased()
            }
        case .decimal: text = try decimal(magnitude)
        case .sequence: throw Fault(code: .d3130)
        }
        return value < 0 ? "-" + text : text
    }

    private func decimal(_ magnitude: Double) throws(Fault) -> String {
        if mandatoryDigits > 10_000 { throw Fault(code: .u2002) }
        var digits = NumberText.text(magnitude).unicodeScalars.map(\.value)
        if digits.count < mandatoryDigits {
            digits.insert(contentsOf: repeatElement(0x30, count: mandatoryDigits - digits.count), at: 0)
        }
        let plain = digits
        if zero != 0x30 { digits = digits.map { $0 - 0x30 + zero } }
        if regularDistance > 0, let separator = separators.first?.character {
            var position = digits.count - regularDistance
            while position > 0 {
                digits.insert(separator, at: position)
                position -= regularDistance
            }
        } else {
            let count = digits.count
            for separator in separators.sorted(by: { $0.position < $1.position }) where separator.position <= count {
                digits.insert(separator.character, at: count - separator.position)
            }
        }
        var text = String(String.UnicodeScalarView(digits.compactMap(Unicode.Scalar.init)))
        if isOrdinal { text += IntegerPicture.ordinalSuffix(plain) }
        return text
    }

    private static func ordinalSuffix(_ digits: [UInt32]) -> String {
        if digits.count > 1, digits[digits.count - 2] == 0x31 { return "th" }
        switch digits.last {
        case 0x31: return "st"
        case 0x32: return "nd"
        case 0x33: return "rd"
        default: return "th"
        }
    }

    // MARK: - Reading

    /// The number that a text in this picture says; NaN when it says none.
    func parse(_ text: String) throws(Fault) -> Double {
        switch primary {
        case .letters: return NumberWords.number(letters: text, isUpper: letterCase == .upper)
        case .roman: return NumberWords.number(roman: letterCase == .upper ? text : text.uppercased())
        case .words: return NumberWords.number(text.lowercased())
        case .sequence: throw Fault(code: .d3130)
        case .decimal: break
        }
        var scalars = Array(text.unicodeScalars.map(\.value))
        if isOrdinal { scalars.removeLast(min(2, scalars.count)) }
        let skipped = regularDistance > 0 ? [separators.first?.character ?? 0x2C, 0x2C] : separators.map(\.character)
        var digits: [UInt8] = []
        for scalar in scalars where !skipped.contains(scalar) {
            if digits.isEmpty, scalar == 0x2D {
                digits.append(0x2D)
                continue
            }
            guard scalar >= zero, scalar <= zero + 9 else { break }
            digits.append(UInt8(scalar - zero + 0x30))
        }
        guard digits.contains(where: { $0 != 0x2D }) else { return .nan }
        return digits.withUnsafeBufferPointer { parseDecimal($0) }
    }
}
