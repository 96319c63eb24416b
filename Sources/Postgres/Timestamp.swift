package import Foundation

/// A moment as `timestamptz` keeps it, to the microsecond.
package struct Timestamp: Sendable, Hashable, Comparable, PostgresBindable, PostgresDecodable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int

    /// Wraps a count.
    package init(microseconds: Int) {
        self.microseconds = microseconds
    }

    /// The moment `date`, rounded down to microseconds.
    package init(_ date: Date) {
        microseconds = Int((date.timeIntervalSince1970 * 1_000_000).rounded(.down))
    }

    /// Reads RFC 3339 with the letter `Z`, or Postgres' ISO form in UTC.
    package init?(postgresText text: String) {
        var text = Substring(text)
        if text.hasSuffix("+00") {
            text = text.dropLast(3)
        } else if text.hasSuffix("Z") {
            text = text.dropLast()
        } else {
            return nil
        }
        let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard halves.count == 2 else { return nil }
        let day = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        let clock = halves[1].split(separator: ":", omittingEmptySubsequences: false)
        guard day.count == 3, clock.count == 3, let year = day[0], let month = day[1], let date = day[2],
            (1...12).contains(month), (1...31).contains(date), let hour = Int(clock[0]), (0...23).contains(hour),
            let minute = Int(clock[1]), (0...59).contains(minute)
        else { return nil }
        let seconds = clock[2].split(separator: ".", omittingEmptySubsequences: false)
        guard let second = seconds.first.flatMap({ Int($0) }), (0...60).contains(second), seconds.count <= 2 else {
            return nil
        }
        var fraction = 0
        if seconds.count == 2 {
            guard let digits = Int(seconds[1].prefix(6)), !seconds[1].isEmpty else { return nil }
            fraction = digits * [1, 100_000, 10_000, 1000, 100, 10, 1][min(6, seconds[1].count)]
        }
        let days = Self.daysSince1970(year: year, month: month, day: date)
        microseconds = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
    }

    package static var postgresType: UInt32 { 1184 }
    package var postgresBind: PostgresBind { PostgresBind(type: 1184, value: .text(description)) }

    /// RFC 3339 in UTC with the letter `Z`; a fraction only where there is one.
    package var description: String {
        let seconds = Int((Double(microseconds) / 1_000_000).rounded(.down))
        let fraction = microseconds - seconds * 1_000_000
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = seconds - days * 86_400
        let (year, month, day) = Self.civil(days)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let yearText = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
        var text = "\(yearText)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        if fraction > 0 {
            let digits = String(fraction)
            var padded = String(repeating: "0", count: 6 - digits.count) + digits
            while padded.hasSuffix("0") { padded.removeLast() }
            text += "." + padded
        }
        return text + "Z"
    }

    /// The moment as a date.
    package var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    // Both conversions count in eras of 400 years, whose length in days is constant.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthPart = (5 * dayOfYear + 2) / 153
        let month = monthPart < 10 ? monthPart + 3 : monthPart - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthPart + 2) / 5 + 1)
    }
}
