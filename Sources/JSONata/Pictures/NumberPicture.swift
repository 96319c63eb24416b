/// `$formatNumber`: numbers by an XPath decimal format picture.
struct NumberPicture {
    /// The characters that have a meaning in a picture.
    struct Symbols {
        var decimal: [UInt32] = [0x2E]
        var grouping: [UInt32] = [0x2C]
        var exponent: [UInt32] = [0x65]
        var minus: [UInt32] = [0x2D]
        var percent: [UInt32] = [0x25]
        var perMille: [UInt32] = [0x2030]
        var zero: UInt32 = 0x30
        var digit: [UInt32] = [0x23]
        var separator: [UInt32] = [0x3B]

        func isDigit(_ scalar: UInt32) -> Bool { scalar >= zero && scalar <= zero + 9 }
        func isActive(_ scalar: UInt32) -> Bool {
            isDigit(scalar) || [decimal, exponent, grouping, digit, separator].contains([scalar])
        }
    }

    private struct Part {
        var prefix: [UInt32] = []
        var suffix: [UInt32] = []
        var active: [UInt32] = []
        var mantissa: [UInt32] = []
        var exponent: [UInt32]?
        var integer: [UInt32] = []
        var fraction: [UInt32] = []
        var whole: [UInt32] = []
    }

    private struct Layout {
        var integerGroups: [Int] = []
        var regularDistance = 0
        var fractionGroups: [Int] = []
        var integerMin = 0
        var scaling = 0
        var fractionMin = 0
        var fractionMax = 0
        var exponentMin = 0
    }

    let symbols: Symbols
    private var positive: Part
    private var negative: Part

    /// Reads a picture.
    /// - Throws: `D3080` to `D3093`.
    init(_ picture: [UInt32], _ symbols: Symbols) throws(Fault) {
        self.symbols = symbols
        if picture.count > 2000 { throw Fault(code: .u2002) }
        let pieces = picture.split(separator: symbols.separator.first ?? 0x3B, omittingEmptySubsequences: false).map(
            Array.init
        )
        if pieces.count > 2 { throw Fault(code: .d3080) }
        positive = NumberPicture.part(pieces[0], symbols)
        try NumberPicture.check(positive, symbols)
        if pieces.count == 2 {
            negative = NumberPicture.part(pieces[1], symbols)
            try NumberPicture.check(negative, symbols)
        } else {
            negative = positive
            negative.prefix = symbols.minus + positive.prefix
        }
    }

    private static func part(_ piece: [UInt32], _ symbols: Symbols) -> Part {
        func counts(_ scalar: UInt32) -> Bool { symbols.isActive(scalar) && [scalar] != symbols.exponent }
        var part = Part()
        part.whole = piece
        // Without an active character all of it counts as active, and is refused for that.
        let first = piece.firstIndex(where: counts) ?? 0
        let last = piece.lastIndex(where: counts).map { $0 + 1 } ?? piece.count
        part.prefix = Array(piece[..<first])
        part.suffix = Array(piece[last...])
        part.active = Array(piece[first..<last])
        part.mantissa = part.active
        if let exponent = part.active.firstIndex(where: { [$0] == symbols.exponent }) {
            part.mantissa = Array(part.active[..<exponent])
            part.exponent = Array(part.active[(exponent + 1)...])
        }
        if let point = part.mantissa.firstIndex(where: { [$0] == symbols.decimal }) {
            part.integer = Array(part.mantissa[..<point])
            part.fraction = Array(part.mantissa[(point + 1)...])
        } else {
            part.integer = part.mantissa
            part.fraction = part.suffix
        }
        return part
    }

    private static func check(_ part: Part, _ symbols: Symbols) throws(Fault) {
        // Of several mistakes the last one counts.
        var found: FaultCode?
        func count(_ symbol: [UInt32]) -> Int { part.whole.count { [$0] == symbol } }
        if count(symbols.decimal) > 1 { found = .d3081 }
        if count(symbols.percent) > 1 { found = .d3082 }
        if count(symbols.perMille) > 1 { found = .d3083 }
        if count(symbols.percent) > 0, count(symbols.perMille) > 0 { found = .d3084 }
        if !part.mantissa.contains(where: { symbols.isDigit($0) || [$0] == symbols.digit }) { found = .d3085 }
        if part.active.contains(where: { !symbols.isActive($0) }) { found = .d3086 }
        if let point = part.whole.firstIndex(where: { [$0] == symbols.decimal }) {
            let before = point > 0 ? [part.whole[point - 1]] : []
            let after = point + 1 < part.whole.count ? [part.whole[point + 1]] : []
            if before == symbols.grouping || after == symbols.grouping { found = .d3087 }
        } else if let last = part.integer.last, [last] == symbols.grouping {
            found = .d3088
        }
        for index in part.whole.indices.dropLast()
        where [part.whole[index]] == symbols.grouping && [part.whole[index + 1]] == symbols.grouping {
            found = .d3089
        }
        if let optional = part.integer.firstIndex(where: { [$0] == symbols.digit }),
            part.integer[..<optional].contains(where: symbols.isDigit)
        {
            found = .d3090
        }
        if let optional = part.fraction.lastIndex(where: { [$0] == symbols.digit }),
            part.fraction[optional...].contains(where: symbols.isDigit)
        {
            found = .d3091
        }
        if let exponent = part.exponent {
            if !exponent.isEmpty, count(symbols.percent) + count(symbols.perMille) > 0 { found = .d3092 }
            if exponent.isEmpty || !exponent.allSatisfy(symbols.isDigit) { found = .d3093 }
        }
        if let found { throw Fault(code: found) }
    }

    private func layout(_ part: Part) -> Layout {
        func isPlace(_ scalar: UInt32) -> Bool { symbols.isDigit(scalar) || [scalar] == symbols.digit }
        func groups(_ text: [UInt32], toLeft: Bool) -> [Int] {
            text.indices.filter { [text[$0]] == symbols.grouping }.map { index in
                (toLeft ? text[..<index] : text[index...]).count(where: isPlace)
            }
        }
        var layout = Layout()
        layout.integerGroups = groups(part.integer, toLeft: false)
        layout.regularDistance = NumberPicture.regularDistance(layout.integerGroups)
        layout.fractionGroups = groups(part.fraction, toLeft: true)
        layout.integerMin = part.integer.count(where: symbols.isDigit)
        layout.scaling = layout.integerMin
        layout.fractionMin = part.fraction.count(where: symbols.isDigit)
        layout.fractionMax = part.fraction.count(where: isPlace)
        let hasExponent = part.exponent != nil
        if layout.integerMin == 0, layout.fractionMax == 0 {
            if hasExponent {
                layout.fractionMin = 1
                layout.fractionMax = 1
            } else {
                layout.integerMin = 1
            }
        }
        if hasExponent, layout.integerMin == 0, part.integer.contains(where: { [$0] == symbols.digit }) {
            layout.integerMin = 1
        }
        if layout.integerMin == 0, layout.fractionMin == 0 { layout.fractionMin = 1 }
        layout.exponentMin = part.exponent.map { $0.count(where: symbols.isDigit) } ?? 0
        return layout
    }

    private static func regularDistance(_ positions: [Int]) -> Int {
        if positions.isEmpty { return 0 }
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        let distance = positions.reduce(0, divisor)
        guard distance > 0 else { return 0 }
        for index in 1...positions.count where !positions.contains(index * distance) { return 0 }
        return distance
    }

    // MARK: - Writing

    /// A finite number as the picture shows it.
    func format(_ value: Double) -> String {
        let part = value < 0 ? negative : positive
        let layout = layout(part)
        var mantissa = value
        if part.whole.contains(where: { [$0] == symbols.percent }) { mantissa *= 100 }
        if part.whole.contains(where: { [$0] == symbols.perMille }) { mantissa *= 1000 }
        var exponent: Int?
        if layout.exponentMin > 0 { (mantissa, exponent) = scaled(mantissa, layout.scaling) }
        let rounded = NumberText.round(mantissa, places: Double(layout.fractionMax))
        var text = digits(rounded, places: layout.fractionMax)
        let grouped = group(&text, layout)
        let hasPoint = part.whole.contains { [$0] == symbols.decimal }
        var result = grouped
        if !hasPoint || [result.last] == [symbols.decimal.first] { removePoint(&result) }
        if let exponent {
            var shown = digits(Double(abs(exponent)), places: 0)
            while shown.count < layout.exponentMin { shown.insert(symbols.zero, at: 0) }
            result += symbols.exponent + (exponent < 0 ? symbols.minus : []) + shown
        }
        let all = part.prefix + result + part.suffix
        return String(String.UnicodeScalarView(all.compactMap(Unicode.Scalar.init)))
    }

    private func removePoint(_ text: inout [UInt32]) { if !text.isEmpty { text.removeLast() } }

    private func scaled(_ value: Double, _ scaling: Int) -> (Double, Int) {
        var mantissa = value.magnitude
        if mantissa == 0 { return (value, 0) }
        var exponent = 0
        let most = NumberText.powerOfTen(scaling)
        let least = NumberText.powerOfTen(scaling - 1)
        while mantissa < least, exponent > -700 {
            mantissa *= 10
            exponent -= 1
        }
        while mantissa > most, exponent < 700 {
            mantissa /= 10
            exponent += 1
        }
        return (value < 0 ? -mantissa : mantissa, exponent)
    }

    private func digits(_ value: Double, places: Int) -> [UInt32] {
        NumberText.formatted(value.magnitude, "%.\(Swift.min(places, 90))f").unicodeScalars.map {
            $0 == "." ? symbols.decimal[0] : $0.value - 0x30 + symbols.zero
        }
    }

    /// Strips and pads zeros and puts the grouping separators in; the result always holds a decimal separator.
    private func group(_ text: inout [UInt32], _ layout: Layout) -> [UInt32] {
        let point = symbols.decimal[0]
        if !text.contains(point) { text.append(point) }
        let position = text.firstIndex(of: point) ?? text.count
        var integer = Array(text[..<position].drop { $0 == symbols.zero })
        var fraction = Array(text[(position + 1)...])
        while fraction.last == symbols.zero { fraction.removeLast() }
        while integer.count < layout.integerMin { integer.insert(symbols.zero, at: 0) }
        while fraction.count < layout.fractionMin { fraction.append(symbols.zero) }
        if layout.regularDistance > 0 {
            var place = integer.count - layout.regularDistance
            while place > 0 {
                integer.insert(contentsOf: symbols.grouping, at: place)
                place -= layout.regularDistance
            }
        } else {
            let count = integer.count
            for distance in layout.integerGroups.sorted() where distance < count {
                integer.insert(contentsOf: symbols.grouping, at: count - distance)
            }
        }
        var shift = 0
        for distance in layout.fractionGroups.sorted() where distance + shift < fraction.count {
            fraction.insert(contentsOf: symbols.grouping, at: distance + shift)
            shift += 1
        }
        return integer + [point] + fraction
    }
}

extension NumberText {
    static func powerOfTen(_ exponent: Int) -> Double {
        let text = Array("1e\(exponent)".utf8)
        return text.withUnsafeBufferPointer { parseDecimal($0) }
    }
}
