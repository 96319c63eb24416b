import JSONValue

/// The condition of a statement.
indirect enum SQLCondition: Sendable {
    case and(SQLCondition, SQLCondition)
    case or(SQLCondition, SQLCondition)
    case not(SQLCondition)
    case compare(field: String, symbol: String, SQLValue)
    case like(field: String, pattern: String)
    case among(field: String, [SQLValue], isNegated: Bool)

    var fields: [String] {
        switch self {
        case .and(let left, let right), .or(let left, let right): left.fields + right.fields
        case .not(let inner): inner.fields
        case .compare(let field, _, _), .like(let field, _), .among(let field, _, _): [field]
        }
    }

    func matches(_ record: JSONValue) throws -> Bool {
        switch self {
        case .and(let left, let right): return try left.matches(record) && right.matches(record)
        case .or(let left, let right): return try left.matches(record) || right.matches(record)
        case .not(let inner): return try !inner.matches(record)
        case .compare(let field, let symbol, let wanted):
            let value = SQLValue(SQLQuery.value(field, of: record))
            switch symbol {
            case "=": return value.equals(wanted)
            case "!=", "<>": return !value.equals(wanted)
            default:
                guard let less = value.isLess(than: wanted), let greater = wanted.isLess(than: value) else {
                    return false
                }
                switch symbol {
                case "<": return less
                case ">": return greater
                case "<=": return !greater
                case ">=": return !less
                default: throw SQLQuery.Failure(message: "unexpected token: '\(symbol)'")
                }
            }
        case .like(let field, let pattern):
            guard case .text(let text) = SQLValue(SQLQuery.value(field, of: record)) else { return false }
            return Self.matches(Array(text.lowercased()), Self.steps(pattern.lowercased()))
        case .among(let field, let values, let isNegated):
            let value = SQLValue(SQLQuery.value(field, of: record))
            return values.contains { value.equals($0) } != isNegated
        }
    }

    private enum Step: Equatable {
        case any, one
        case exactly(Character)
    }

    private static func steps(_ pattern: String) -> [Step] {
        var steps: [Step] = []
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                steps.append(.exactly(character))
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                steps.append(character == "%" ? .any : character == "_" ? .one : .exactly(character))
            }
        }
        return steps
    }

    /// Greedy matching with one point to come back to, which is enough for patterns of this kind.
    private static func matches(_ text: [Character], _ steps: [Step]) -> Bool {
        var place = 0
        var step = 0
        var retry: (place: Int, step: Int)?
        while place < text.count {
            if step < steps.count, steps[step] == .any {
                retry = (place, step)
                step += 1
            } else if step < steps.count, steps[step] == .one || steps[step] == .exactly(text[place]) {
                place += 1
                step += 1
            } else if let known = retry {
                retry = (known.place + 1, known.step)
                place = known.place + 1
                step = known.step + 1
            } else {
                return false
            }
        }
        return steps[step...].allSatisfy { $0 == .any }
    }
}

/// A value that statements compare.
enum SQLValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    /// Seconds since 1970.
    case moment(Double)

    init(_ value: JSONValue) {
        switch value {
        case .bool(let bool): self = .bool(bool)
        case .number(let number): self = .number(number.double)
        case .string(let text): self = .text(text)
        case .null, .array, .object: self = .null
        }
    }

    func equals(_ other: SQLValue) -> Bool {
        if let (left, right) = moments(with: other) { return left == right }
        if case .text(let left) = self, case .text(let right) = other { return left.lowercased() == right.lowercased() }
        return self == other
    }

    func isLess(than other: SQLValue) -> Bool? {
        if let (left, right) = moments(with: other) { return left < right }
        switch (self, other) {
        case (.number(let left), .number(let right)): return left < right
        case (.text(let left), .text(let right)): return left.lowercased() < right.lowercased()
        case (.text(let left), .number(let right)): return Double(left).map { $0 < right }
        case (.number(let left), .text(let right)): return Double(right).map { left < $0 }
        default: return nil
        }
    }

    private func moments(with other: SQLValue) -> (Double, Double)? {
        func moment(_ value: SQLValue) -> Double? {
            switch value {
            case .moment(let seconds): seconds
            case .text(let text): Moment.seconds(text)
            case .null, .bool, .number: nil
            }
        }
        guard case .moment = self else {
            guard case .moment = other, let left = moment(self), let right = moment(other) else { return nil }
            return (left, right)
        }
        guard let left = moment(self), let right = moment(other) else { return nil }
        return (left, right)
    }
}

/// Times in the ISO forms that vendors write: `2026-05-01`, `...T07:25:37Z`, `.000+0000`.
enum Moment {
    /// Seconds since 1970 as a time in UTC with milliseconds.
    static func text(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded(.down))
        let day = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let rest = milliseconds - day * 86_400_000
        let (year, month, date) = civil(day)
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T\(padded(rest / 3_600_000, 2))"
            + ":\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2)).\(padded(rest % 1000, 3))Z"
    }

    /// The inverse of `days`, in the proleptic Gregorian calendar.
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    static func seconds(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
        else { return nil }
        var seconds = Double(days(year, month, day)) * 86_400
        guard bytes.count > 10 else { return seconds }
        guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T"), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let second = number(bytes[17..<19])
        else { return nil }
        seconds += Double(hour * 3600 + minute * 60 + second)
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            seconds += Double("0." + String(decoding: digits, as: UTF8.self)) ?? 0
            rest = rest.dropFirst(digits.count + 1)
        }
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            let digits = rest.dropFirst().filter { $0 != UInt8(ascii: ":") }
            guard digits.count == 4, let hours = number(digits.prefix(2)), let minutes = number(digits.suffix(2)) else {
                return nil
            }
            seconds -= Double((sign == UInt8(ascii: "+") ? 1 : -1) * (hours * 3600 + minutes * 60))
        } else if !(rest.isEmpty || rest.elementsEqual("Z".utf8)) {
            return nil
        }
        return seconds
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        Int(String(decoding: Array(digits), as: UTF8.self))
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
