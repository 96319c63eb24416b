/// Reads and writes moments by the letters that most languages use: `yyyy-MM-dd'T'HH:mm:ss.SSSZZ`.
struct TimeFormat {
    /// A run of one letter, or text that stands for itself.
    private enum Piece {
        case letters(Character, Int)
        case literal(String)
    }

    private let pieces: [Piece]

    /// Reads a format.
    /// - Returns: nil when it has a letter without a meaning, which it names.
    init?(_ format: String, unknown: inout String) {
        var pieces: [Piece] = []
        var literal = ""
        var isQuoted = false
        var rest = format[...]
        func isLetter(_ character: Character) -> Bool { character.isASCII && character.isLetter }
        while let character = rest.first {
            rest = rest.dropFirst()
            if character == "'" {
                if rest.first == "'" {
                    literal.append("'")
                    rest = rest.dropFirst()
                } else {
                    isQuoted.toggle()
                }
            } else if isQuoted || !isLetter(character) {
                literal.append(character)
            } else {
                var count = 1
                while rest.first == character {
                    count += 1
                    rest = rest.dropFirst()
                }
                guard TimeFormat.isKnown(character, count) else {
                    unknown = String(repeating: character, count: min(count, 8))
                    return nil
                }
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.letters(character, count))
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    private static func isKnown(_ letter: Character, _ count: Int) -> Bool {
        switch letter {
        case "y": count == 1 || count == 2 || count == 4
        case "M", "L": count <= 4
        case "d", "H", "h", "m", "s", "W", "o": count <= (letter == "o" ? 3 : 2)
        case "E", "c": count == 3 || count == 4 || count == 1
        case "S": count <= 3
        case "Z": count <= 3
        case "k": count == 4
        case "a", "q", "z", "X", "x": count == 1
        default: false
        }
    }

    // MARK: - Writing

    /// The moment in this format.
    func text(of time: ZonedTime) -> String {
        let local = time.local
        var result = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): result += literal
            case .letters(let letter, let count): result += text(letter, count, local, time)
            }
        }
        return result
    }

    private func text(_ letter: Character, _ count: Int, _ local: CivilTime, _ time: ZonedTime) -> String {
        switch letter {
        case "y": return count == 2 ? padded(local.year % 100, 2) : padded(local.year, count)
        case "M", "L":
            if count == 3 { return String(TimePicture.months[local.month - 1].prefix(3)) }
            return count == 4 ? TimePicture.months[local.month - 1] : padded(local.month, count)
        case "d": return padded(local.day, count)
        case "E", "c":
            if count == 1 { return "\(local.weekday)" }
            let name = TimePicture.days[local.weekday - 1]
            return count == 3 ? String(name.prefix(3)) : name
        case "H": return padded(local.hour, count)
        case "h": return padded(local.hour % 12 == 0 ? 12 : local.hour % 12, count)
        case "m": return padded(local.minute, count)
        case "s": return padded(local.second, count)
        case "S": return padded(local.millisecond, count)
        case "a": return local.hour < 12 ? "AM" : "PM"
        case "o": return padded(local.dayOfYear, count)
        case "W": return padded(local.week(ofMonth: false).week, count)
        case "k": return padded(local.week(ofMonth: false).year, count)
        case "q": return "\((local.month + 2) / 3)"
        case "z": return time.zone.name
        case "X": return "\(CivilTime.floorDivision(time.milliseconds, 1000))"
        case "x": return "\(time.milliseconds)"
        default: return offsetText(time.offset, count)
        }
    }

    private func padded(_ value: Int, _ count: Int) -> String {
        let digits = "\(value.magnitude)"
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    private func offsetText(_ minutes: Int, _ count: Int) -> String {
        let sign = minutes < 0 ? "-" : "+"
        let hours = Int(minutes.magnitude) / 60
        let rest = Int(minutes.magnitude) % 60
        switch count {
        case 1: return sign + "\(hours)" + (rest == 0 ? "" : ":" + padded(rest, 2))
        case 2: return sign + padded(hours, 2) + ":" + padded(rest, 2)
        default: return sign + padded(hours, 2) + padded(rest, 2)
        }
    }

    // MARK: - Reading

    /// The moment that a text in this format says, in `zone` when the text names none; nil when it says none.
    func time(of text: String, in zone: Zone) -> ZonedTime? {
        var rest = text[...]
        var local = CivilTime(milliseconds: 0)
        var zone = zone
        var exact: Int?
        var isAfternoon: Bool?
        var dayOfYear: Int?
        for piece in pieces {
            switch piece {
            case .literal(let literal):
                guard rest.hasPrefix(literal) else { return nil }
                rest = rest.dropFirst(literal.count)
            case .letters(let letter, let count):
                switch letter {
                case "y":
                    guard let year = number(&rest, count == 1 ? 1...6 : count...count) else { return nil }
                    local.year = count == 2 ? (year > 60 ? 1900 + year : 2000 + year) : year
                case "M", "L":
                    if count >= 3 {
                        guard let index = name(&rest, TimePicture.months, count) else { return nil }
                        local.month = index + 1
                    } else {
                        guard let month = number(&rest, count...2), month >= 1, month <= 12 else { return nil }
                        local.month = month
                    }
                case "d":
                    guard let day = number(&rest, count...2), day >= 1, day <= 31 else { return nil }
                    local.day = day
                case "E", "c":
                    if count == 1 {
                        guard number(&rest, 1...1) != nil else { return nil }
                    } else if name(&rest, TimePicture.days, count) == nil {
                        return nil
                    }
                case "H", "h":
                    guard let hour = number(&rest, count...2), hour <= (letter == "h" ? 12 : 24) else { return nil }
                    local.hour = hour
                case "m":
                    guard let minute = number(&rest, count...2), minute < 60 else { return nil }
                    local.minute = minute
                case "s":
                    guard let second = number(&rest, count...2), second < 61 else { return nil }
                    local.second = min(second, 59)
                case "S":
                    guard let value = number(&rest, count...3) else { return nil }
                    local.millisecond = value
                case "a":
                    let mark = rest.prefix(2).lowercased()
                    guard mark == "am" || mark == "pm" else { return nil }
                    isAfternoon = mark == "pm"
                    rest = rest.dropFirst(2)
                case "o":
                    guard let day = number(&rest, count...3), day >= 1, day <= 366 else { return nil }
                    dayOfYear = day
                case "X", "x":
                    let isNegative = rest.first == "-"
                    if isNegative { rest = rest.dropFirst() }
                    guard let value = number(&rest, 1...16) else { return nil }
                    exact = (letter == "X" ? value * 1000 : value) * (isNegative ? -1 : 1)
                case "Z", "z":
                    let text = rest.prefix { !$0.isWhitespace }
                    guard let named = Zone(String(text)) else { return nil }
                    zone = named
                    rest = rest.dropFirst(text.count)
                default: return nil
                }
            }
        }
        guard rest.isEmpty else { return nil }
        if let exact {
            guard Double(exact.magnitude) <= CivilTime.millisecondsMax else { return nil }
            return ZonedTime(milliseconds: exact, zone: zone)
        }
        if let isAfternoon { local.hour = local.hour % 12 + (isAfternoon ? 12 : 0) }
        if let dayOfYear { local = TimeFormat.date(local, dayOfYear) }
        // The 30th of February is no date.
        guard CivilTime(milliseconds: local.milliseconds).day == local.day || local.hour == 24 else { return nil }
        return ZonedTime(milliseconds: zone.moment(of: local.milliseconds), zone: zone)
    }

    private static func date(_ time: CivilTime, _ dayOfYear: Int) -> CivilTime {
        var result = time
        result.month = 1
        result.day = 1
        return CivilTime(milliseconds: result.milliseconds + (dayOfYear - 1) * CivilTime.dayLength)
    }

    private func number(_ text: inout Substring, _ counts: ClosedRange<Int>) -> Int? {
        let digits = text.prefix(counts.upperBound).prefix { $0.isASCII && $0.isNumber }
        guard digits.count >= counts.lowerBound, let number = Int(digits) else { return nil }
        text = text.dropFirst(digits.count)
        return number
    }

    private func name(_ text: inout Substring, _ names: [String], _ count: Int) -> Int? {
        for (index, name) in names.enumerated() {
            let shown = count == 3 ? String(name.prefix(3)) : name
            guard text.prefix(shown.count).lowercased() == shown.lowercased() else { continue }
            text = text.dropFirst(shown.count)
            return index
        }
        return nil
    }
}
