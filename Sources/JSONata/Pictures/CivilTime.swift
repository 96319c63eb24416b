/// A moment in the proleptic Gregorian calendar, without a time zone.
struct CivilTime {
    var year: Int
    /// 1 to 12.
    var month: Int
    /// 1 to 31.
    var day: Int
    var hour = 0
    var minute = 0
    var second = 0
    var millisecond = 0

    static let dayLength = 86_400_000
    /// The moments that ECMAScript's dates can say, in milliseconds before and after 1970.
    static let millisecondsMax = 8.64e15

    /// The moment `milliseconds` after 1970-01-01.
    init(milliseconds: Int) {
        let days = CivilTime.floorDivision(milliseconds, CivilTime.dayLength)
        let rest = milliseconds - days * CivilTime.dayLength
        // Counts from 0000-03-01, so that the leap day ends a year (H. Hinnant, "chrono-compatible date algorithms").
        let shifted = days + 719_468
        let era = CivilTime.floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    /// Days from 1970-01-01 to a date; months and days beyond their range carry over.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let carried = year + floorDivision(month - 1, 12)
        let month = month - floorDivision(month - 1, 12) * 12
        let shiftedYear = month <= 2 ? carried - 1 : carried
        let era = floorDivision(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468 + day - 1
    }

    /// Days since 1970-01-01.
    var days: Int { CivilTime.days(year: year, month: month, day: day) }

    /// Milliseconds since 1970-01-01.
    var milliseconds: Int {
        days * CivilTime.dayLength + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond
    }

    /// 1 for Monday to 7 for Sunday (ISO 8601).
    var weekday: Int { CivilTime.weekday(ofDay: days) }

    /// 1 for the first of January.
    var dayOfYear: Int { days - CivilTime.days(year: year, month: 1, day: 1) + 1 }

    /// The ISO week of the year, or with `ofMonth` that of the month, and the year and month that it belongs to.
    func week(ofMonth: Bool) -> (week: Int, year: Int, month: Int) {
        let today = days
        for step in [1, 0, -1] {
            let year = ofMonth ? year : year + step
            let month = ofMonth ? month + step : 1
            let start = CivilTime.firstWeek(year: year, month: month)
            guard today >= start else { continue }
            let carried = CivilTime.floorDivision(month - 1, 12)
            return ((today - start) / 7 + 1, year + carried, month - carried * 12)
        }
        return (0, year, month)
    }

    /// The Monday of the week that has the first Thursday of a month.
    private static func firstWeek(year: Int, month: Int) -> Int {
        let first = days(year: year, month: month, day: 1)
        let weekday = weekday(ofDay: first)
        return weekday > 4 ? first + 8 - weekday : first - weekday + 1
    }

    private static func weekday(ofDay day: Int) -> Int {
        let rest = (day + 3) % 7
        return (rest < 0 ? rest + 7 : rest) + 1
    }

    static func floorDivision(_ value: Int, _ divisor: Int) -> Int {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
