#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Numbers as English words, and back.
enum NumberWords {
    private static let few = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
        "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    ]
    private static let ordinals = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
        "Nineteenth",
    ]
    private static let decades = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
    private static let magnitudes = ["Thousand", "Million", "Billion", "Trillion"]

    /// The words of a number that is not negative; magnitudes beyond a trillion are said repeatedly.
    static func words(_ number: Double, isOrdinal: Bool) -> String {
        words(number, isContinued: false, isOrdinal: isOrdinal)
    }

    private static func words(_ number: Double, isContinued: Bool, isOrdinal: Bool) -> String {
        if number < 20 {
            return (isContinued ? " and " : "") + (isOrdinal ? ordinals : few)[Int(number)]
        }
        if number < 100 {
            let rest = number.truncatingRemainder(dividingBy: 10)
            let decade = decades[Int(number / 10) - 2]
            let lead = isContinued ? " and " : ""
            if rest > 0 { return lead + decade + "-" + words(rest, isContinued: false, isOrdinal: isOrdinal) }
            return lead + (isOrdinal ? decade.dropLast() + "ieth" : decade)
        }
        let lead = isContinued ? ", " : ""
        let unit: Double
        let name: String
        if number < 1000 {
            unit = 100
            name = "Hundred"
        } else {
            let magnitude = min(Int(log10(number) / 3), magnitudes.count)
            unit = pow(10, Double(magnitude * 3))
            name = magnitudes[magnitude - 1]
        }
        let count = (number / unit).rounded(.down)
        let rest = number - count * unit
        let head = lead + words(count, isContinued: false, isOrdinal: false) + " " + name
        if rest > 0 { return head + words(rest, isContinued: true, isOrdinal: isOrdinal) }
        return isOrdinal ? head + "th" : head
    }

    private static let values: [String: Double] = {
        var values: [String: Double] = [:]
        for (index, word) in few.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in ordinals.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in decades.enumerated() {
            values[word.lowercased()] = Double(index + 2) * 10
            values[word.lowercased().dropLast() + "ieth"] = Double(index + 2) * 10
        }
        values["hundred"] = 100
        values["hundredth"] = 100
        for (index, word) in magnitudes.enumerated() {
            let value = pow(10, Double(index + 1) * 3)
            values[word.lowercased()] = value
            values[word.lowercased() + "th"] = value
        }
        return values
    }()

    /// Whether a lower-case word can be part of a number.
    static func isNumberWord(_ word: String) -> Bool { word == "and" || values[word] != nil }

    /// The number that lower-case words say; NaN when a word is unknown.
    static func number(_ text: String) -> Double {
        var segments: [Double] = [0]
        let words = text.split { $0 == " " || $0 == "-" || $0 == "," }
        for word in words where word != "and" {
            guard let value = values[String(word)] else { return .nan }
            if value < 100 {
                var top = segments.removeLast()
                if top >= 1000 {
                    segments.append(top)
                    top = 0
                }
                segments.append(top + value)
            } else {
                segments.append(segments.removeLast() * value)
            }
        }
        return segments.reduce(0, +)
    }

    // MARK: - Letters and Roman numerals

    /// The letters of a list: a to z, then aa, ab and so on.
    static func letters(_ number: Double, isUpper: Bool) -> String {
        var rest = number
        var result: [UInt8] = []
        while rest > 0, result.count < 300 {
            result.append((isUpper ? 0x41 : 0x61) + UInt8((rest - 1).truncatingRemainder(dividingBy: 26)))
            rest = ((rest - 1) / 26).rounded(.down)
        }
        return String(decoding: result.reversed(), as: UTF8.self)
    }

    static func number(letters: String, isUpper: Bool) -> Double {
        letters.utf8.reduce(0) { $0 * 26 + Double($1) - (isUpper ? 0x41 : 0x61) + 1 }
    }

    private static let romanSteps: [(Int, String)] = [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
        (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]

    /// The Roman numeral in lower case; nil beyond a million, which would be a thousand letters.
    static func roman(_ number: Double) -> String? {
        guard number < 1_000_000 else { return nil }
        var rest = Int(number)
        var result = ""
        for (value, letters) in romanSteps {
            while rest >= value {
                result += letters
                rest -= value
            }
        }
        return result
    }

    /// The number of a Roman numeral in upper case.
    static func number(roman: String) -> Double {
        let digits: [UInt8: Double] = [
            0x4D: 1000, 0x44: 500, 0x43: 100, 0x4C: 50, 0x58: 10, 0x56: 5, 0x49: 1,
        ]
        var result = 0.0
        var largest = 1.0
        for letter in roman.utf8.reversed() {
            guard let value = digits[letter] else { return .nan }
            if value < largest {
                result -= value
            } else {
                largest = value
                result += value
            }
        }
        return result
    }
}
