/// A day of the Gregorian calendar, in the form `2026-05-01`.
struct CivilDate: Equatable {
    let year: Int
    let month: Int
    let day: Int

    /// Reads the first ten characters of a text; nil when they are no real day.
    init?(prefixOf text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(10))
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Digits.value(bytes[0..<4]), let month = Digits.value(bytes[5..<7]),
            let day = Digits.value(bytes[8..<10]), (1...12).contains(month),
            (1...Self.length(of: month, in: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads a whole text.
    init?(_ text: String) {
        guard text.utf8.count == 10 else { return nil }
        self.init(prefixOf: text)
    }

    /// The day that lies `days` after 1970-01-01.
    init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    var text: String {
        "\(Digits.padded(year, 4))-\(Digits.padded(month, 2))-\(Digits.padded(day, 2))"
    }

    private static func length(of month: Int, in year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

/// A point in time as vendors write it, turned into RFC 3339 in UTC with the fraction's digits kept.
struct Instant: Equatable, Comparable {
    let secondsSinceEpoch: Int
    private let fraction: String
    /// Whether the text told its zone; without one UTC is assumed.
    let hasZone: Bool

    /// Reads `2026-05-01T07:25:37.000+0000` and the like: `T` or a space, seconds and fraction optional, the zone `Z`,
    /// `+hh:mm`, `+hhmm`, `+hh` or none; a day alone is its first moment.
    init?(_ text: String) {
        guard let date = CivilDate(prefixOf: text) else { return nil }
        var rest = Array(text.utf8.dropFirst(10))[...]
        var time = 0
        var fraction = ""
        if !rest.isEmpty {
            guard [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(rest.removeFirst()),
                let hour = Digits.take(2, &rest), hour < 24, Digits.takeColon(&rest),
                let minute = Digits.take(2, &rest), minute < 60
            else { return nil }
            time = hour * 3600 + minute * 60
            if rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let second = Digits.take(2, &rest), second < 61 else { return nil }
                time += second
                if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
                    rest.removeFirst()
                    let digits = rest.prefix { (0x30...0x39).contains($0) }
                    guard !digits.isEmpty else { return nil }
                    fraction = "." + String(decoding: digits.prefix(9), as: UTF8.self)
                    rest = rest.dropFirst(digits.count)
                }
            }
        }
        guard let zone = Self.offset(rest) else { return nil }
        hasZone = !rest.isEmpty || text.utf8.count == 10
        self.fraction = fraction
        secondsSinceEpoch = date.daysSinceEpoch * 86_400 + time - zone
    }

    /// The instant a number of milliseconds after 1970.
    init(millisecondsSinceEpoch milliseconds: Int) {
        let seconds = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let isBefore = seconds.remainder < 0
        secondsSinceEpoch = seconds.quotient - (isBefore ? 1 : 0)
        fraction = "." + Digits.padded(seconds.remainder + (isBefore ? 1000 : 0), 3)
        hasZone = true
    }

    /// Milliseconds since 1970; finer digits are left out.
    var milliseconds: Int {
        let digits = fraction.dropFirst().prefix(3)
        let padded = digits + String(repeating: "0", count: 3 - digits.count)
        return secondsSinceEpoch * 1000 + (Int(padded) ?? 0)
    }

    static func < (left: Instant, right: Instant) -> Bool {
        if left.secondsSinceEpoch != right.secondsSinceEpoch {
            return left.secondsSinceEpoch < right.secondsSinceEpoch
        }
        let width = max(left.fraction.utf8.count, right.fraction.utf8.count)
        return String(left.fraction.dropFirst()).padded(to: width)
            < String(right.fraction.dropFirst()).padded(to: width)
    }

    /// RFC 3339 with the letter Z.
    var text: String {
        let days = Int((Double(secondsSinceEpoch) / 86_400).rounded(.down))
        let time = secondsSinceEpoch - days * 86_400
        let clock = [time / 3600, time / 60 % 60, time % 60].map { Digits.padded($0, 2) }.joined(separator: ":")
        return "\(CivilDate(daysSinceEpoch: days).text)T\(clock)\(fraction)Z"
    }

    /// Seconds east of Greenwich; nil when the text is no zone.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        var rest = zone
        guard let sign = rest.popFirst() else { return 0 }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = Digits.take(2, &rest), hours < 24
        else { return nil }
        var minutes = 0
        if !rest.isEmpty {
            if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
            guard let given = Digits.take(2, &rest), given < 60, rest.isEmpty else { return nil }
            minutes = given
        }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: "0", count: width - utf8.count) }
}

/// Decimal digits in bytes.
enum Digits {
    static func value(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= count, let value = value(bytes.prefix(count)) else { return nil }
        bytes = bytes.dropFirst(count)
        return value
    }

    static func takeColon(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard bytes.first == UInt8(ascii: ":") else { return false }
        bytes.removeFirst()
        return true
    }

    static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
