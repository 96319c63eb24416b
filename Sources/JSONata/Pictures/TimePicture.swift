/// How a moment is written, as XPath's format-dateTime describes it: `[D01]/[M01]/[Y0001] at [H01]:[m01]`.
struct TimePicture {
    /// How a name is written.
    enum NameCase {
        case upper, lower, title
    }

    /// One `[...]` of a picture.
    struct Marker {
        var component: UInt8
        /// For components shown by name.
        var names: NameCase?
        /// For components shown as numbers.
        var number: IntegerPicture?
        var widthMax: Int?
        /// How many digits of the year are shown; nil for all.
        var yearDigits: Int?
        /// `t`: a zone of no offset is shown as `Z`.
        var usesZ = false
    }

    enum Part {
        case literal([UInt8])
        case marker(Marker)
    }

    private(set) var parts: [Part] = []

    /// Components that have a number.
    private static let numbered = Array("YMDdFWwXxHhmsf".utf8)

    /// Reads a picture.
    /// - Throws: `D3132` for an unknown component and `D3135` for a missing bracket; the caller adds the value.
    init(_ picture: UnsafeBufferPointer<UInt8>, culprit: inout Value) throws(Fault) {
        if picture.count > 10_000 { throw Fault(code: .u2002) }
        var literal: [UInt8] = []
        var index = 0
        while index < picture.count {
            let byte = picture[index]
            index += 1
            let isDoubled = index < picture.count && picture[index] == byte
            if byte == UInt8(ascii: "["), !isDoubled {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                guard let end = picture[index...].firstIndex(of: UInt8(ascii: "]")) else { throw Fault(code: .d3135) }
                let text = picture[index..<end].filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
                try append(marker: text, culprit: &culprit)
                index = end + 1
            } else {
                literal.append(byte)
                if isDoubled, byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") { index += 1 }
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    private mutating func append(marker text: [UInt8], culprit: inout Value) throws(Fault) {
        guard let component = text.first, let normal = TimePicture.normalPresentation(component) else {
            culprit = TimePicture.symbol(text.first ?? 0x20)
            throw Fault(code: .d3132)
        }
        var marker = Marker(component: component)
        var presentation = text[1...]
        var widthMin: Int?
        if let comma = text.lastIndex(of: UInt8(ascii: ",")), comma > 0 {
            presentation = text[1..<comma]
            let widths = text[(comma + 1)...].split(
                separator: UInt8(ascii: "-"),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            widthMin = TimePicture.width(widths[0])
            if widths.count > 1 { marker.widthMax = TimePicture.width(widths[1]) }
        }
        var modifier: UInt8?
        if presentation.isEmpty {
            presentation = Array(normal.utf8)[...]
        } else if presentation.count > 1, let last = presentation.last, "atco".utf8.contains(last) {
            modifier = last
            presentation = presentation.dropLast()
        }
        marker.usesZ = modifier == UInt8(ascii: "t")
        switch presentation.first {
        case UInt8(ascii: "n"): marker.names = .lower
        case UInt8(ascii: "N"): marker.names = presentation.dropFirst().first == UInt8(ascii: "n") ? .title : .upper
        default:
            if TimePicture.numbered.contains(component) {
                try setNumber(of: &marker, presentation, modifier, widthMin)
            }
        }
        if component == UInt8(ascii: "Z") || component == UInt8(ascii: "z") {
            marker.number = try IntegerPicture(String(decoding: presentation, as: UTF8.self))
        }
        parts.append(.marker(marker))
    }

    private mutating func setNumber(
        of marker: inout Marker,
        _ presentation: ArraySlice<UInt8>,
        _ modifier: UInt8?,
        _ widthMin: Int?
    ) throws(Fault) {
        var text = String(decoding: presentation, as: UTF8.self)
        if let modifier { text += ";" + String(Character(Unicode.Scalar(modifier))) }
        var number = try IntegerPicture(text)
        if let widthMin, number.mandatoryDigits < widthMin { number.mandatoryDigits = widthMin }
        if marker.component == UInt8(ascii: "Y") {
            if let most = marker.widthMax {
                marker.yearDigits = most
                number.mandatoryDigits = most
            } else if number.mandatoryDigits + number.optionalDigits >= 2 {
                marker.yearDigits = number.mandatoryDigits + number.optionalDigits
            }
        }
        marker.number = number
        // A number with another right behind it has a fixed width when it is read.
        if case .marker(var before)? = parts.last, var number = before.number {
            number.parseWidth = number.mandatoryDigits
            before.number = number
            parts[parts.count - 1] = .marker(before)
        }
    }

    private static func width(_ text: ArraySlice<UInt8>) -> Int? {
        guard let width = Int(String(decoding: text, as: UTF8.self)), width >= 0 else { return nil }
        return min(width, 10_000)
    }

    /// How a component is shown that says nothing of it.
    private static func normalPresentation(_ component: UInt8) -> String? {
        switch component {
        case UInt8(ascii: "Y"), UInt8(ascii: "M"), UInt8(ascii: "D"), UInt8(ascii: "d"), UInt8(ascii: "W"),
            UInt8(ascii: "w"), UInt8(ascii: "X"), UInt8(ascii: "x"), UInt8(ascii: "H"), UInt8(ascii: "h"),
            UInt8(ascii: "f"):
            "1"
        case UInt8(ascii: "m"), UInt8(ascii: "s"): "01"
        case UInt8(ascii: "F"), UInt8(ascii: "P"), UInt8(ascii: "C"), UInt8(ascii: "E"): "n"
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): "01:01"
        default: nil
        }
    }

    /// A component's letter as a value, for messages.
    static func symbol(_ component: UInt8) -> Value {
        let letters: StaticString = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for index in 0..<letters.utf8CodeUnitCount where letters.utf8Start[index] == component {
            return Value(string: letters.utf8Start + index, count: 1, ascii: true)
        }
        return Value("?")
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}
