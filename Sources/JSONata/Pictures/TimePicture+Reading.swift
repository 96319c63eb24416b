/// Reading a moment.
extension TimePicture {
    /// Finds where each part of a picture lies in a text: like a regular expression made of the parts, but it never
    /// tries a part at the same place twice.
    private struct Reader {
        let text: [UInt8]
        let parts: [Part]
        /// Parts and places that were tried in vain.
        var failed: Set<Int> = []
        var values: [UInt8: Double] = [:]

        /// Whether the parts from `index` on take the text from `start` to its end.
        mutating func read(part index: Int, at start: Int) throws(Fault) -> Bool {
            if index == parts.count { return start == text.count }
            let place = index * (text.count + 1) + start
            if failed.contains(place) { return false }
            for end in ends(of: parts[index], from: start) where try read(part: index + 1, at: end) {
                if case .marker(let marker) = parts[index] {
                    values[marker.component] = try TimePicture.value(of: marker, text[start..<end])
                }
                return true
            }
            failed.insert(place)
            return false
        }

        /// Where a part that starts at `start` may end, the longest first.
        private func ends(of part: Part, from start: Int) -> [Int] {
            switch part {
            case .literal(let literal):
                guard text.count - start >= literal.count else { return [] }
                for (index, byte) in literal.enumerated() where !TimePicture.matches(text[start + index], byte) {
                    return []
                }
                return [start + literal.count]
            case .marker(let marker):
                return ends(of: marker, from: start)
            }
        }

        private func ends(of marker: Marker, from start: Int) -> [Int] {
            switch marker.component {
            case UInt8(ascii: "Z"), UInt8(ascii: "z"): return zoneEnds(marker, from: start)
            case UInt8(ascii: "f"): return runs(from: start, while: TimePicture.isDigit)
            default: break
            }
            guard let number = marker.number else { return runs(from: start, while: TimePicture.isLetter) }
            switch number.primary {
            case .letters: return runs(from: start, while: TimePicture.isLetter)
            case .roman: return runs(from: start) { "MDCLXVImdclxvi".utf8.contains($0) }
            case .words: return wordEnds(from: start)
            case .sequence: return []
            case .decimal: break
            }
            var ends = runs(from: start, while: TimePicture.isDigit)
            if let width = number.parseWidth { ends = ends.filter { $0 == start + width } }
            guard number.isOrdinal else { return ends }
            return ends.compactMap { end in
                guard text.count - end >= 2 else { return nil }
                let suffix = String(decoding: text[end..<(end + 2)], as: UTF8.self).lowercased()
                return ["th", "st", "nd", "rd"].contains(suffix) ? end + 2 : nil
            }
        }

        private func runs(from start: Int, while belongs: (UInt8) -> Bool) -> [Int] {
            var end = start
            while end < text.count, belongs(text[end]) { end += 1 }
            return end > start ? Array(((start + 1)...end).reversed()) : []
        }

        private func zoneEnds(_ marker: Marker, from start: Int) -> [Int] {
            var start = start
            if marker.component == UInt8(ascii: "z") {
                guard text.count - start >= 3, String(decoding: text[start..<(start + 3)], as: UTF8.self) == "GMT"
                else {
                    return []
                }
                start += 3
            }
            guard start < text.count, text[start] == UInt8(ascii: "+") || text[start] == UInt8(ascii: "-") else {
                return []
            }
            let hours = runs(from: start + 1, while: TimePicture.isDigit)
            guard let number = marker.number, number.regularDistance > 0, let separator = number.separators.first else {
                return hours
            }
            guard let end = hours.first, end < text.count, UInt32(text[end]) == separator.character else { return [] }
            return runs(from: end + 1, while: TimePicture.isDigit)
        }

        /// The ends of runs of number words.
        private func wordEnds(from start: Int) -> [Int] {
            var reached: Set<Int> = [start]
            var queue = [start]
            while let position = queue.popLast() {
                var next: [Int] = []
                if position < text.count, "-, ".utf8.contains(text[position]) { next.append(position + 1) }
                var end = position
                while end < text.count, TimePicture.isLetter(text[end]), end - position < 20 {
                    end += 1
                    let word = String(decoding: text[position..<end], as: UTF8.self).lowercased()
                    if NumberWords.isNumberWord(word) { next.append(end) }
                }
                for end in next where reached.insert(end).inserted { queue.append(end) }
            }
            reached.remove(start)
            return reached.sorted(by: >)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private static func matches(_ left: UInt8, _ right: UInt8) -> Bool {
        left == right || (isLetter(left) && left | 0x20 == right | 0x20)
    }

    /// The moment that a text in this picture says, in milliseconds since 1970; nil when the text is not in it.
    ///
    /// Parts before the first one given are taken from `now`. Throws `D3136` for parts that leave a gap and `D3133` for
    /// names that do not exist.
    func read(_ text: UnsafeBufferPointer<UInt8>, now: Double, culprit: inout Value) throws(Fault) -> Double? {
        for case .marker(let marker) in parts {
            if case .sequence(let token)? = marker.number?.primary {
                if marker.component == UInt8(ascii: "Z") || marker.component == UInt8(ascii: "z") { continue }
                culprit = TimePicture.symbol(token.utf8.first ?? 0x3F)
                throw Fault(code: .d3130)
            }
            let isNamed = marker.number == nil && marker.component != UInt8(ascii: "f")
            if isNamed, !"MxFP".utf8.contains(marker.component) {
                culprit = TimePicture.symbol(marker.component)
                throw Fault(code: .d3133)
            }
        }
        if text.count * parts.count > 4_000_000 { throw Fault(code: .u2002) }
        var reader = Reader(text: Array(text), parts: parts)
        guard try reader.read(part: 0, at: 0), !reader.values.isEmpty else { return nil }
        return try TimePicture.moment(of: reader.values, now: now)
    }

    /// What a part of a text says.
    private static func value(of marker: Marker, _ text: ArraySlice<UInt8>) throws(Fault) -> Double {
        switch marker.component {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return zone(marker, text)
        case UInt8(ascii: "f"):
            let digits = Array("0.".utf8) + text.prefix(3)
            return digits.withUnsafeBufferPointer { parseDecimal($0) } * 1000
        default: break
        }
        if let number = marker.number { return try number.parse(String(decoding: text, as: UTF8.self)) }
        let name = String(decoding: text, as: UTF8.self).lowercased()
        func place(in names: [String]) -> Double {
            let index = names.firstIndex { $0.prefix(marker.widthMax ?? .max).lowercased() == name }
            return index.map { Double($0 + 1) } ?? .nan
        }
        switch marker.component {
        case UInt8(ascii: "F"): return place(in: days)
        case UInt8(ascii: "P"): return name == "am" ? 0 : name == "pm" ? 1 : .nan
        default: return place(in: months)
        }
    }

    /// Minutes ahead of UTC.
    private static func zone(_ marker: Marker, _ text: ArraySlice<UInt8>) -> Double {
        var digits = marker.component == UInt8(ascii: "z") ? text.dropFirst(3) : text
        let isBehind = digits.first == UInt8(ascii: "-")
        digits = digits.dropFirst()
        func number(_ digits: ArraySlice<UInt8>) -> Double { Double(String(decoding: digits, as: UTF8.self)) ?? 0 }
        let minutes: Double
        if let colon = digits.firstIndex(where: { !isDigit($0) }) {
            minutes = number(digits[..<colon]) * 60 + number(digits[(colon + 1)...])
        } else if digits.count <= 2 {
            minutes = number(digits) * 60
        } else {
            minutes = number(digits.prefix(2)) * 60 + number(digits.dropFirst(2))
        }
        return isBehind ? -minutes : minutes
    }

    /// Puts the parts together: what stands before the first part given comes from `now`, what comes after the last is
    /// the least there is, and nothing may be missing between.
    private static func moment(of given: [UInt8: Double], now: Double) throws(Fault) -> Double {
        func isGiven(_ letter: Unicode.Scalar) -> Bool {
            given[UInt8(ascii: letter)].map { $0 != 0 && !$0.isNaN } ?? false
        }
        /// Whether only components of a set are given, and at least one.
        func isOfType(_ letters: String, among all: String) -> Bool {
            let chosen = all.unicodeScalars.filter(isGiven)
            return !chosen.isEmpty && chosen.allSatisfy(letters.unicodeScalars.contains)
        }
        let dates = "YXMxWwdD"
        let byDate = isOfType("YMD", among: dates)
        let byDay = !byDate && isOfType("Yd", among: dates)
        if isOfType("Xxw", among: dates) || isOfType("XW", among: dates) { throw Fault(code: .d3136) }
        let byHalfDay = !isOfType("Hmsf", among: "PHhmsf") && isOfType("Phmsf", among: "PHhmsf")
        var values = given
        let present = CivilTime(milliseconds: Int(now))
        var hasStarted = false
        var hasEnded = false
        for letter in ((byDay ? "YD" : "YMD") + (byHalfDay ? "Phmsf" : "Hmsf")).utf8 {
            if let value = given[letter], !value.isNaN {
                hasStarted = true
                if hasEnded { throw Fault(code: .d3136) }
            } else if hasStarted {
                values[letter] = letter == UInt8(ascii: "M") || letter == UInt8(ascii: "D") ? 1 : 0
                hasEnded = true
            } else {
                values[letter] = Double(TimePicture.value(of: letter, in: present))
            }
        }
        func part(_ letter: Unicode.Scalar) -> Double { values[UInt8(ascii: letter)] ?? 0 }
        var year = part("Y")
        // As ECMAScript's Date.UTC has it.
        if year >= 0, year <= 99 { year += 1900 }
        var hour = part("H")
        if byHalfDay {
            hour = part("h") == 12 ? 0 : part("h")
            if part("P") == 1 { hour += 12 }
        }
        let month = byDay ? 1 : max(1, part("M"))
        let day = byDay ? part("d") : part("D")
        guard [year, month, day, hour, part("m"), part("s")].allSatisfy({ $0.magnitude < 1e9 }) else { return .nan }
        let days = CivilTime.days(year: Int(year), month: Int(month), day: Int(day))
        let zone = isGiven("Z") ? part("Z") : part("z")
        let time = hour * 3_600_000 + part("m") * 60_000 + part("s") * 1000 + part("f").rounded(.towardZero)
        return Double(days) * Double(CivilTime.dayLength) + time - zone * 60_000
    }

    /// The moment of ISO 8601 text, in milliseconds since 1970: `2017`, `2017-10`, `2017-10-30`, `2017-10-30T16:25:32`,
    /// with a fraction and `Z`, `+01:00` or `+0100`; without a zone it is in UTC.
    ///
    /// - Returns: NaN for a month, day or time that does not exist (the 30th of February is the 1st or 2nd of March);
    ///   nil for text of another form.
    static func readISO(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var offset = 0
        func peek(_ letter: Unicode.Scalar) -> Bool { offset < text.count && text[offset] == UInt8(ascii: letter) }
        func digits(_ count: Int, at start: Int) -> Int? {
            guard start + count <= text.count else { return nil }
            var value = 0
            for index in start..<(start + count) {
                guard isDigit(text[index]) else { return nil }
                value = value * 10 + Int(text[index] - 0x30)
            }
            return value
        }
        guard let year = digits(4, at: 0) else { return nil }
        offset = 4
        var month = 1
        var day = 1
        if peek("-"), let value = digits(2, at: offset + 1), value < 20 {
            month = value
            offset += 3
        }
        if peek("-"), let value = digits(2, at: offset + 1), value < 40 {
            day = value
            offset += 3
        }
        var time = 0
        var isLegal = month >= 1 && month <= 12 && day >= 1 && day <= 31
        if peek("T") {
            guard let hour = digits(2, at: offset + 1), hour < 30, offset + 9 <= text.count,
                text[offset + 3] == UInt8(ascii: ":"), let minute = digits(2, at: offset + 4), minute < 60,
                text[offset + 6] == UInt8(ascii: ":"), let second = digits(2, at: offset + 7), second < 60
            else { return nil }
            time = (hour * 3600 + minute * 60 + second) * 1000
            if time > CivilTime.dayLength { isLegal = false }
            offset += 9
        }
        if peek("."), offset + 1 < text.count, isDigit(text[offset + 1]) {
            var scale = 100
            offset += 1
            while offset < text.count, isDigit(text[offset]) {
                time += Int(text[offset] - 0x30) * scale
                scale /= 10
                offset += 1
            }
        }
        if peek("Z") {
            offset += 1
        } else if peek("+") || peek("-") {
            let isBehind = peek("-")
            guard let hours = digits(2, at: offset + 1), hours < 30 else { return nil }
            offset += 3
            if peek(":") { offset += 1 }
            guard let minutes = digits(2, at: offset), minutes < 60 else { return nil }
            offset += 2
            time -= (isBehind ? -1 : 1) * (hours * 60 + minutes) * 60_000
        }
        guard offset == text.count else { return nil }
        guard isLegal else { return .nan }
        return Double(CivilTime.days(year: year, month: month, day: day) * CivilTime.dayLength + time)
    }
}
