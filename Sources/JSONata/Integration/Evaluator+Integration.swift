import JSONValue

/// The functions that integrations need beyond the language; `openapi/jsonata-functions.md` describes each.
extension Evaluator {
    func integrate(_ builtin: Builtin, _ a: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        switch builtin {
        case .firstNonEmpty: firstNonEmpty(a)
        case .removeEmpty, .removeEmptyItems, .compact, .values, .wrap, .flatten, .flattenDeep, .flattenDepth, .chunk,
            .difference:
            try list(builtin, a)
        case .pick, .omit: try picked(builtin, argument(a, 0), argument(a, 1))
        case .groupBy, .keyBy, .orderBy, .find, .lofilter: try query(builtin, a, input, frame)
        case .mapValues: try mapValues(a)
        case .jsonParse: jsonParse(argument(a, 0))
        case .toNumber: toNumber(argument(a, 0))
        case .parseUrl: try parseURL(argument(a, 0))
        case .parseQuery: try parseQuery(argument(a, 0))
        case .stringifyQuery: try stringifyQuery(argument(a, 0))
        case .digest, .hmac, .sign: try digest(builtin, a)
        case .uuid: uuid()
        case .dtFromIso, .dtFromFormat, .dtToFormat, .dtToIso, .dtPlus, .dtStartOf, .dtSetZone:
            try dateTime(builtin, a)
        case .xmlToJs, .jsToXml, .csvParse, .csvStringify: try format(builtin, argument(a, 0), argument(a, 1))
        case .zipSqlResponse: try zipRows(a)
        case .convertQueryToSql: try condition(a)
        case .convertCurrencyToSubunit, .convertCurrencyFromSubunit: try currency(builtin, a)
        default: .undefined
        }
    }

    /// The argument at a place; undefined when it is not given.
    @inline(__always)
    func argument(_ a: Arguments, _ index: Int) -> Value { index < a.count ? a[index] : .undefined }

    /// A failure of an integration function, in words.
    @inline(never)
    func refuse(_ message: String) -> Fault { fail(.u2008, value: arena.string(message)) }

    /// The text of a string argument, or nil when it is undefined or null.
    func text(_ value: Value, _ what: String) throws(Fault) -> String? {
        if value.isUndefined || value.kind == .null { return nil }
        guard value.isString else { throw refuse("\(what) must be a string") }
        return value.text
    }

    // MARK: - Values

    private func firstNonEmpty(_ a: Arguments) -> Value {
        for value in a where !value.isUndefined && value.kind != .null { return value }
        return .undefined
    }

    private func mapValues(_ a: Arguments) throws(Fault) -> Value {
        let mapping = argument(a, 1)
        guard mapping.isObject else { throw refuse("the mapping must be an object") }
        let ignoresCase = truth(argument(a, 2))
        let otherwise = argument(a, 3)
        func mapped(_ value: Value) throws(Fault) -> Value {
            var text = ByteBuilder(arena)
            try write(value, to: &text, at: -1)
            var key = text.finish()
            if ignoresCase { key = arena.string(key.text.lowercased()) }
            let found = mapping.object.value(for: key.keyed)
            return found.isUndefined ? (otherwise.isUndefined ? value : otherwise) : found
        }
        let value = argument(a, 0)
        switch value.kind {
        case .undefined, .null: return otherwise.isUndefined ? value : otherwise
        case .array:
            let result = arena.array([], capacity: value.array.count)
            for index in 0..<value.array.count {
                try spend(1)
                arena.push(try mapped(value.array[item: index]), to: result)
            }
            return Value(result)
        case .object:
            let result = arena.object(capacity: value.object.count)
            for index in 0..<value.object.count {
                let entry = value.object[entry: index]
                arena.set(try mapped(entry.value), for: entry.key, in: result)
            }
            return Value(result)
        default: return try mapped(value)
        }
    }

    private func jsonParse(_ text: Value) -> Value {
        guard text.isString else { return text.isUndefined ? .undefined : .null }
        return ValueReader.read(text.bytes, arena) ?? .null
    }

    private func toNumber(_ value: Value) -> Value {
        switch value.kind {
        case .number: return value
        case .bool: return Value(value.bool ? 1 : 0)
        case .string:
            var bytes = value.bytes[...]
            while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
            while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
            if bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
            return NumberText.parse(UnsafeBufferPointer(rebasing: bytes)).map { Value($0) } ?? .undefined
        default: return .undefined
        }
    }

    private func uuid() -> Value {
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            let word = state.pointee.random.next()
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        // RFC 9562: version 4, variant 10.
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ByteBuilder(arena)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        }
        return text.finish()
    }

    // MARK: - Money

    private func currency(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        let amount = argument(a, 0)
        if amount.isUndefined || amount.kind == .null { return amount }
        guard amount.isNumber else { throw refuse("the amount must be a number") }
        guard let code = try text(argument(a, 1), "the currency")?.uppercased(), code.utf8.count == 3 else {
            throw refuse("the currency must be a code of three letters (ISO 4217)")
        }
        let places: Int
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF":
            places = 0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": places = 3
        case "CLF", "UYW": places = 4
        default: places = 2
        }
        let scale = NumberText.powerOfTen(places)
        if builtin == .convertCurrencyToSubunit {
            // Shifted by its decimal digits: 1.15 is 115 cents, although 1.15 * 100 is less in binary.
            let shifted = arena.string(NumberText.text(amount.number) + "e\(places)")
            let exact = parseDecimal(shifted.bytes)
            return Value(NumberText.round(exact.isFinite ? exact : amount.number * scale, places: 0))
        }
        return Value(NumberText.round(amount.number / scale, places: Double(places)))
    }
}
