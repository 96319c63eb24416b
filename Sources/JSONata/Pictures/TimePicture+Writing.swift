/// Writing a moment.
extension TimePicture {
    /// Appends a moment, in milliseconds since 1970, in a zone `offset` minutes ahead of UTC.
    ///
    /// Throws `D3133` for a name that does not exist and `D3134` for a zone of more than four digits.
    func write(_ milliseconds: Int, offset: Int, to text: inout ByteBuilder, culprit: inout Value) throws(Fault) {
        let time = CivilTime(milliseconds: milliseconds + offset * 60_000)
        for part in parts {
            switch part {
            case .literal(let bytes): for byte in bytes { text.append(byte) }
            case .marker(let marker): try write(marker, of: time, offset, to: &text, culprit: &culprit)
            }
        }
    }

    private func write(
        _ marker: Marker,
        of time: CivilTime,
        _ offset: Int,
        to text: inout ByteBuilder,
        culprit: inout Value
    ) throws(Fault) {
        switch marker.component {
        case UInt8(ascii: "P"):
            let isUpper = marker.names == .upper
            text.append(time.hour < 12 ? (isUpper ? "AM" : "am") : (isUpper ? "PM" : "pm"))
        case UInt8(ascii: "C"), UInt8(ascii: "E"): text.append("ISO")
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): try writeZone(marker, offset, to: &text, culprit: &culprit)
        default:
            var value = TimePicture.value(of: marker.component, in: time)
            if let names = marker.names, marker.component != UInt8(ascii: "f") {
                guard let name = TimePicture.name(of: marker.component, value) else {
                    culprit = TimePicture.symbol(marker.component)
                    throw Fault(code: .d3133)
                }
                write(name: name, names, marker.widthMax, to: &text)
                return
            }
            guard let number = marker.number else { return }
            if let digits = marker.yearDigits {
                value = digits < 18 ? value % Int(NumberText.powerOfTen(digits)) : value
            }
            try number.write(value, to: &text)
        }
    }

    private func write(name: String, _ names: NameCase, _ widthMax: Int?, to text: inout ByteBuilder) {
        for byte in name.utf8.prefix(widthMax ?? .max) {
            let isLetter = byte | 0x20 != byte
            switch names {
            case .upper: text.append(byte & 0xDF)
            case .lower: text.append(isLetter ? byte | 0x20 : byte)
            case .title: text.append(byte)
            }
        }
    }

    private func writeZone(_ marker: Marker, _ offset: Int, to text: inout ByteBuilder, culprit: inout Value)
        throws(Fault)
    {
        guard let number = marker.number else { return }
        if offset == 0, marker.usesZ {
            text.append(UInt8(ascii: "Z"))
            return
        }
        if marker.component == UInt8(ascii: "z") { text.append("GMT") }
        if offset >= 0 { text.append(UInt8(ascii: "+")) }
        let hours = offset / 60
        let minutes = offset % 60
        if number.regularDistance > 0 || number.mandatoryDigits == 3 || number.mandatoryDigits == 4 {
            try number.write(hours * 100 + minutes, to: &text)
        } else if number.mandatoryDigits == 1 || number.mandatoryDigits == 2 {
            if offset < 0, hours == 0 { text.append(UInt8(ascii: "-")) }
            try number.write(hours, to: &text)
            if minutes != 0 {
                text.append(UInt8(ascii: ":"))
                if minutes.magnitude < 10 { text.append(UInt8(ascii: "0")) }
                NumberText.writeInteger(Int(minutes.magnitude), to: &text)
            }
        } else {
            culprit = Value(number.mandatoryDigits)
            throw Fault(code: .d3134)
        }
    }

    /// The number of a component at a moment.
    static func value(of component: UInt8, in time: CivilTime) -> Int {
        switch component {
        case UInt8(ascii: "Y"): time.year
        case UInt8(ascii: "M"): time.month
        case UInt8(ascii: "D"): time.day
        case UInt8(ascii: "d"): time.dayOfYear
        case UInt8(ascii: "F"): time.weekday
        case UInt8(ascii: "W"): time.week(ofMonth: false).week
        case UInt8(ascii: "X"): time.week(ofMonth: false).year
        case UInt8(ascii: "w"): time.week(ofMonth: true).week
        case UInt8(ascii: "x"): time.week(ofMonth: true).month
        case UInt8(ascii: "H"): time.hour
        case UInt8(ascii: "h"): time.hour % 12 == 0 ? 12 : time.hour % 12
        case UInt8(ascii: "P"): time.hour < 12 ? 0 : 1
        case UInt8(ascii: "m"): time.minute
        case UInt8(ascii: "s"): time.second
        case UInt8(ascii: "f"): time.millisecond
        default: 0
        }
    }

    private static func name(of component: UInt8, _ value: Int) -> String? {
        switch component {
        case UInt8(ascii: "M"), UInt8(ascii: "x"): months[value - 1]
        case UInt8(ascii: "F"): days[value - 1]
        default: nil
        }
    }

    /// Appends `2018-03-23T10:33:36.617Z`, or with an offset `...+01:00`.
    static func writeISO(_ milliseconds: Int, offset: Int, to text: inout ByteBuilder) {
        let time = CivilTime(milliseconds: milliseconds + offset * 60_000)
        func digits(_ value: Int, _ count: Int) {
            var scale = 1
            for _ in 1..<count { scale *= 10 }
            while scale > 0 {
                text.append(0x30 + UInt8(value / scale % 10))
                scale /= 10
            }
        }
        if time.year < 0 { text.append(UInt8(ascii: "-")) }
        digits(Int(time.year.magnitude), 4)
        text.append(UInt8(ascii: "-"))
        digits(time.month, 2)
        text.append(UInt8(ascii: "-"))
        digits(time.day, 2)
        text.append(UInt8(ascii: "T"))
        digits(time.hour, 2)
        text.append(UInt8(ascii: ":"))
        digits(time.minute, 2)
        text.append(UInt8(ascii: ":"))
        digits(time.second, 2)
        text.append(UInt8(ascii: "."))
        digits(time.millisecond, 3)
        if offset == 0 { return text.append(UInt8(ascii: "Z")) }
        text.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        digits(Int(offset.magnitude) / 60, 2)
        text.append(UInt8(ascii: ":"))
        digits(Int(offset.magnitude) % 60, 2)
    }
}

extension IntegerPicture {
    /// Appends an integer as the picture shows it.
    func write(_ value: Int, to text: inout ByteBuilder) throws(Fault) {
        if case .decimal = primary, zero == 0x30, separators.isEmpty, !isOrdinal {
            if mandatoryDigits > 10_000 { throw Fault(code: .u2002) }
            if value < 0 { text.append(UInt8(ascii: "-")) }
            var count = 1
            var rest = value.magnitude
            while rest >= 10 {
                rest /= 10
                count += 1
            }
            while count < mandatoryDigits {
                text.append(UInt8(ascii: "0"))
                count += 1
            }
            NumberText.writeInteger(Int(value.magnitude), to: &text)
        } else {
            text.append(try format(Double(value)))
        }
    }
}
