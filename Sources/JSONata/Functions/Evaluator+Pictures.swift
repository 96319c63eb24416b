/// Numbers and moments in the form of a picture.
extension Evaluator {
    func pictured(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        switch builtin {
        case .millis: return Value(state.pointee.now)
        case .now: return try moment(state.pointee.now, a[0], a[1])
        default: break
        }
        if a[0].isUndefined { return .undefined }
        switch builtin {
        case .fromMillis: return try moment(a[0].number, a[1], a[2])
        case .toMillis: return try milliseconds(a[0], a[1])
        case .formatNumber: return try formatNumber(a[0], a[1], a[2])
        case .formatInteger: return try formatInteger(a[0], a[1])
        default: return try parseInteger(a[0], a[1])
        }
    }

    /// Runs what may fail with a code alone, and adds the value it is about.
    private func describing<T>(_ value: Value, _ body: (inout Value) throws(Fault) -> T) throws(Fault) -> T {
        var culprit = value
        do throws(Fault) { return try body(&culprit) } catch { throw fail(error.code, value: culprit, index: 2) }
    }

    // MARK: - Moments

    private func moment(_ milliseconds: Double, _ picture: Value, _ zone: Value) throws(Fault) -> Value {
        guard milliseconds.magnitude <= CivilTime.millisecondsMax else {
            throw fail(.d1001, value: Value(milliseconds))
        }
        let offset = zone.isString ? try minutes(zone) : 0
        var text = ByteBuilder(arena, capacity: 32)
        if picture.isString {
            try describing(picture) { culprit throws(Fault) in
                let parsed = try timePicture(picture, &culprit)
                try parsed.write(Int(milliseconds), offset: offset, to: &text, culprit: &culprit)
            }
        } else {
            TimePicture.writeISO(Int(milliseconds), offset: offset, to: &text)
        }
        return text.finish()
    }

    private func milliseconds(_ text: Value, _ picture: Value) throws(Fault) -> Value {
        try spend(text.byteCount >> 3)
        guard picture.isString else {
            guard let moment = TimePicture.readISO(text.bytes) else { throw fail(.d3110, value: text) }
            return Value(moment)
        }
        return try describing(picture) { culprit throws(Fault) in
            let parsed = try timePicture(picture, &culprit)
            try spend(text.byteCount)
            return try parsed.read(text.bytes, now: state.pointee.now, culprit: &culprit).map { Value($0) }
                ?? .undefined
        }
    }

    /// A picture, which is read once in an evaluation.
    private func timePicture(_ text: Value, _ culprit: inout Value) throws(Fault) -> TimePicture {
        let host = state.pointee.host.takeUnretainedValue()
        if let known = host.timePictures.first(where: { equalText($0.text, text) }) { return known.picture }
        let picture = try TimePicture(text.bytes, culprit: &culprit)
        if host.timePictures.count < 32 { host.timePictures.append((text, picture)) }
        return picture
    }

    /// The minutes that `+0530`, `-0800` or `+05:30` is ahead of UTC.
    private func minutes(_ zone: Value) throws(Fault) -> Int {
        var digits: [Int] = []
        for (index, byte) in zone.bytes.enumerated() {
            if byte &- 0x30 < 10 {
                digits.append(Int(byte - 0x30))
            } else if !(index == 0 && (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")))
                && !(byte == UInt8(ascii: ":") && digits.count == 2)
            {
                throw fail(.u2010, value: zone)
            }
        }
        guard digits.count >= 1, digits.count <= 4 else { throw fail(.u2010, value: zone) }
        let number = digits.reduce(0) { $0 * 10 + $1 }
        let offset = number / 100 * 60 + number % 100
        return zone.start[0] == UInt8(ascii: "-") ? -offset : offset
    }

    // MARK: - Numbers

    private func formatInteger(_ value: Value, _ picture: Value) throws(Fault) -> Value {
        guard picture.isString else { return .undefined }
        let text = try describing(picture) { _ throws(Fault) in
            try IntegerPicture(picture.text).format(value.number.rounded(.down))
        }
        return arena.string(text)
    }

    private func parseInteger(_ text: Value, _ picture: Value) throws(Fault) -> Value {
        guard picture.isString else { return .undefined }
        try spend(text.byteCount)
        return try describing(picture) { _ throws(Fault) in
            Value(try IntegerPicture(picture.text).parse(text.text))
        }
    }

    private func formatNumber(_ value: Value, _ picture: Value, _ options: Value) throws(Fault) -> Value {
        guard picture.isString else { return .undefined }
        var symbols = NumberPicture.Symbols()
        if options.isObject {
            for index in 0..<options.object.count {
                let entry = options.object[entry: index]
                guard entry.value.isString else { continue }
                let scalars = entry.value.text.unicodeScalars.map(\.value)
                switch entry.key.text {
                case "decimal-separator": symbols.decimal = scalars
                case "grouping-separator": symbols.grouping = scalars
                case "exponent-separator": symbols.exponent = scalars
                case "minus-sign": symbols.minus = scalars
                case "percent": symbols.percent = scalars
                case "per-mille": symbols.perMille = scalars
                case "zero-digit": symbols.zero = scalars.first ?? 0x30
                case "digit": symbols.digit = scalars
                case "pattern-separator": symbols.separator = scalars
                default: break
                }
            }
        }
        let text = try describing(picture) { _ throws(Fault) in
            try NumberPicture(picture.text.unicodeScalars.map(\.value), symbols).format(value.number)
        }
        return arena.string(text)
    }
}
