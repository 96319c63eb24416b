import Foundation

/// A time zone: a fixed offset, or one of the IANA database.
enum Zone {
    case fixed(minutes: Int, name: String)
    case named(TimeZone)

    static let utc = Zone.fixed(minutes: 0, name: "UTC")

    /// `UTC`, `Z`, `+05:30`, `-0800`, `+2` or a name such as `Europe/Berlin`; nil for others.
    init?(_ text: String) {
        if ["utc", "z", "gmt", "ut"].contains(text.lowercased()) {
            self = .utc
            return
        }
        if let sign = text.first, sign == "+" || sign == "-" {
            let digits = text.dropFirst().filter { $0 != ":" }
            guard digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(digits), digits.count <= 4 else {
                return nil
            }
            let minutes = digits.count <= 2 ? number * 60 : number / 100 * 60 + number % 100
            guard minutes <= 1080 else { return nil }
            self = Zone(minutes: sign == "-" ? -minutes : minutes)
            return
        }
        guard text.contains("/"), text.utf8.count <= 64, let zone = TimeZone(identifier: text) else { return nil }
        self = .named(zone)
    }

    /// A fixed offset.
    init(minutes: Int) {
        if minutes == 0 {
            self = .utc
        } else {
            var text = minutes < 0 ? "UTC-" : "UTC+"
            let magnitude = Int(minutes.magnitude)
            text += "\(magnitude / 60)"
            if magnitude % 60 != 0 { text += magnitude % 60 < 10 ? ":0\(magnitude % 60)" : ":\(magnitude % 60)" }
            self = .fixed(minutes: minutes, name: text)
        }
    }

    var name: String {
        switch self {
        case .fixed(_, let name): name
        case .named(let zone): zone.identifier
        }
    }

    /// Minutes ahead of UTC at a moment.
    func offset(at milliseconds: Int) -> Int {
        switch self {
        case .fixed(let minutes, _): minutes
        case .named(let zone): zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000)) / 60
        }
    }

    /// The moment at which clocks of this zone show a time.
    ///
    /// A time that is skipped is taken with the offset before the change, one that comes twice is the first of the two.
    func moment(of local: Int) -> Int {
        let early = local - offset(at: local - CivilTime.dayLength) * 60_000
        if early + offset(at: early) * 60_000 == local { return early }
        let late = local - offset(at: local + CivilTime.dayLength) * 60_000
        return late + offset(at: late) * 60_000 == local ? late : early
    }
}

/// A moment as the clocks of a zone show it.
struct ZonedTime {
    /// Since 1970, in UTC.
    var milliseconds: Int
    var zone: Zone

    var offset: Int { zone.offset(at: milliseconds) }

    /// What clocks and calendars show.
    var local: CivilTime { CivilTime(milliseconds: milliseconds + offset * 60_000) }

    /// Sets what clocks and calendars show.
    mutating func setLocal(_ milliseconds: Int) { self.milliseconds = zone.moment(of: milliseconds) }

    /// Moves by calendar and clock units.
    ///
    /// Months and years keep the day where they can, else go to the last day of the month.
    mutating func add(_ amount: Int, _ unit: String) -> Bool {
        let limit = 10_000_000_000_000
        guard amount.magnitude < limit else { return false }
        switch unit {
        case "years", "year": addMonths(amount * 12)
        case "quarters", "quarter": addMonths(amount * 3)
        case "months", "month": addMonths(amount)
        case "weeks", "week": addDays(amount * 7)
        case "days", "day": addDays(amount)
        case "hours", "hour": milliseconds += amount * 3_600_000
        case "minutes", "minute": milliseconds += amount * 60_000
        case "seconds", "second": milliseconds += amount * 1000
        case "milliseconds", "millisecond": milliseconds += amount
        default: return false
        }
        return Double(milliseconds.magnitude) <= CivilTime.millisecondsMax
    }

    private mutating func addMonths(_ count: Int) {
        guard count.magnitude < 10_000_000 else {
            milliseconds = .max
            return
        }
        var time = local
        let months = time.year * 12 + time.month - 1 + count
        time.year = CivilTime.floorDivision(months, 12)
        time.month = months - time.year * 12 + 1
        let length =
            CivilTime.days(year: time.year, month: time.month + 1, day: 1)
            - CivilTime.days(year: time.year, month: time.month, day: 1)
        time.day = min(time.day, length)
        setLocal(time.milliseconds)
    }

    private mutating func addDays(_ count: Int) {
        guard count.magnitude < 1_000_000_000 else {
            milliseconds = .max
            return
        }
        setLocal(local.milliseconds + count * CivilTime.dayLength)
    }

    /// Moves to the start of the unit that the moment lies in.
    mutating func startOf(_ unit: String) -> Bool {
        var time = local
        switch unit {
        case "year": (time.month, time.day) = (1, 1)
        case "quarter": (time.month, time.day) = ((time.month - 1) / 3 * 3 + 1, 1)
        case "month": time.day = 1
        case "week": time.day -= time.weekday - 1
        case "day", "hour", "minute", "second": break
        default: return false
        }
        time.millisecond = 0
        if unit != "second" { time.second = 0 }
        if unit != "second", unit != "minute" { time.minute = 0 }
        if !["second", "minute", "hour"].contains(unit) { time.hour = 0 }
        setLocal(time.milliseconds)
        return true
    }
}
