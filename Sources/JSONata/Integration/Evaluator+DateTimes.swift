/// Dates and times with zones.
///
/// A date-time is a plain object with the fields that `object(of:)` writes; `ts` and `zoneName` say it all.
extension Evaluator {
    func dateTime(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        let value = argument(a, 0)
        if value.isUndefined || value.kind == .null { return value }
        switch builtin {
        case .dtFromIso:
            return object(of: read(iso: try text(value, "the time") ?? "", in: try zone(argument(a, 1)) ?? .utc))
        case .dtFromFormat:
            guard let format = try text(argument(a, 1), "the format") else { throw refuse("the format is missing") }
            return object(of: try read(value, format: format, in: try zone(argument(a, 2)) ?? .utc))
        default: break
        }
        guard var time = try zonedTime(value) else { return .null }
        switch builtin {
        case .dtSetZone:
            guard let zone = try zone(argument(a, 1)) else { throw refuse("the zone is missing") }
            time.zone = zone
        case .dtToIso:
            if let zone = try zone(argument(a, 1)) { time.zone = zone }
            var text = ByteBuilder(arena)
            TimePicture.writeISO(time.milliseconds, offset: time.offset, to: &text)
            return text.finish()
        case .dtToFormat:
            if let zone = try zone(argument(a, 2)) { time.zone = zone }
            guard let format = try text(argument(a, 1), "the format") else { throw refuse("the format is missing") }
            return arena.string(try timeFormat(named(format)).text(of: time))
        case .dtPlus:
            let amounts = argument(a, 1)
            guard amounts.isObject else { throw refuse("the duration must be an object such as {\"days\": 1}") }
            for index in 0..<amounts.object.count {
                let entry = amounts.object[entry: index]
                guard entry.value.isNumber, entry.value.number.magnitude < 1e13,
                    time.add(Int(entry.value.number), entry.key.text)
                else { throw refuse("the duration has no usable \"\(entry.key.text.prefix(40))\"") }
            }
        default:
            guard let unit = try text(argument(a, 1), "the unit"), time.startOf(unit) else {
                throw refuse("the unit must be year, quarter, month, week, day, hour, minute or second")
            }
        }
        return object(of: time)
    }

    private func zone(_ value: Value) throws(Fault) -> Zone? {
        var value = value
        if value.isObject { value = value.object.value(for: Value("zone").keyed) }
        guard let name = try text(value, "the zone") else { return nil }
        guard let zone = Zone(name) else {
            throw refuse(
                "\"\(name.prefix(64))\" is no time zone; give \"UTC\", an offset such as \"+02:00\", or a name such as \"Europe/Berlin\""
            )
        }
        return zone
    }

    /// A date-time object, ISO 8601 text, or milliseconds since 1970; nil when it is none of them.
    private func zonedTime(_ value: Value) throws(Fault) -> ZonedTime? {
        if value.isString { return read(iso: value.text, in: .utc) }
        let moment = value.isObject ? value.object.value(for: Value("ts").keyed) : value
        guard moment.isNumber, moment.number.magnitude <= CivilTime.millisecondsMax else { return nil }
        var zone = Zone.utc
        if value.isObject {
            let offset = value.object.value(for: Value("offset").keyed)
            let name = value.object.value(for: Value("zoneName").keyed)
            if name.isString, let named = Zone(name.text) {
                zone = named
            } else if offset.isNumber, offset.number.magnitude <= 1080 {
                zone = Zone(minutes: Int(offset.number))
            }
        }
        return ZonedTime(milliseconds: Int(moment.number), zone: zone)
    }

    private func object(of time: ZonedTime?) -> Value {
        guard let time else { return .null }
        let local = time.local
        let week = local.week(ofMonth: false)
        let result = arena.object(capacity: 17)
        func set(_ name: StaticString, _ value: Value) { arena.append(value, for: Value(name).keyed, to: result) }
        set("year", Value(local.year))
        set("month", Value(local.month))
        set("day", Value(local.day))
        set("hour", Value(local.hour))
        set("minute", Value(local.minute))
        set("second", Value(local.second))
        set("millisecond", Value(local.millisecond))
        set("weekday", Value(local.weekday))
        set("weekNumber", Value(week.week))
        set("weekYear", Value(week.year))
        set("ordinal", Value(local.dayOfYear))
        set("quarter", Value((local.month + 2) / 3))
        set("zoneName", arena.string(time.zone.name))
        set("offset", Value(time.offset))
        set("ts", Value(time.milliseconds))
        var text = ByteBuilder(arena)
        TimePicture.writeISO(time.milliseconds, offset: time.offset, to: &text)
        set("iso", text.finish())
        return Value(result)
    }

    // MARK: - Reading

    private func timeFormat(_ format: String) throws(Fault) -> TimeFormat {
        if format.utf8.count > 200 { throw refuse("the format is longer than 200 bytes") }
        var unknown = ""
        guard let format = TimeFormat(format, unknown: &unknown) else {
            throw refuse("\"\(unknown)\" has no meaning in a time format; put text in single quotes")
        }
        return format
    }

    /// Formats that have a name.
    private func named(_ format: String) -> String {
        switch format {
        case "RFC2822": "EEE, dd MMM yyyy HH:mm:ss ZZZ"
        case "HTTP": "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        case "SECONDS": "X"
        case "MILLIS": "x"
        case "ISO": "yyyy-MM-dd'T'HH:mm:ss.SSSZZ"
        default: format
        }
    }

    private func read(_ value: Value, format: String, in zone: Zone) throws(Fault) -> ZonedTime? {
        var text: String
        if value.isNumber {
            text = NumberText.text(value.number.rounded(.down))
        } else {
            text = try self.text(value, "the time") ?? ""
        }
        if text.utf8.count > 200 { return nil }
        if format == "ISO" { return read(iso: text, in: zone) }
        if format == "RFC2822" {
            // The weekday and the seconds may be missing, the day may have one digit (RFC 5322 section 3.3).
            if let comma = text.firstIndex(of: ",") {
                text = String(text[text.index(after: comma)...].drop { $0 == " " })
            }
            for format in ["d MMM yyyy HH:mm:ss Z", "d MMM yyyy HH:mm Z"] {
                if let time = try timeFormat(format).time(of: text, in: zone) { return time }
            }
            return nil
        }
        guard var time = try timeFormat(named(format)).time(of: text, in: zone) else { return nil }
        time.zone = zone
        return time
    }

    /// ISO 8601: a date, with or without a time to the minute or better, with or without an offset.
    private func read(iso text: String, in zone: Zone) -> ZonedTime? {
        var bytes = Array(text.utf8)
        guard bytes.count >= 4, bytes.count <= 64 else { return nil }
        if bytes.count > 10, bytes[10] == 0x20 || bytes[10] == UInt8(ascii: "t") { bytes[10] = UInt8(ascii: "T") }
        if bytes.count >= 16, bytes[10] == UInt8(ascii: "T"), bytes.count == 16 || bytes[16] != UInt8(ascii: ":") {
            bytes.insert(contentsOf: Array(":00".utf8), at: 16)
        }
        if let comma = bytes.firstIndex(of: UInt8(ascii: ",")) { bytes[comma] = UInt8(ascii: ".") }
        var hasZone = false
        if bytes.count > 19 {
            let tail = bytes[19...]
            hasZone = tail.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            // `+02` alone is an hour.
            if let sign = tail.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
                bytes.count - sign == 3
            {
                bytes += Array(":00".utf8)
            }
        }
        guard let moment = bytes.withUnsafeBufferPointer({ TimePicture.readISO($0) }), !moment.isNaN else { return nil }
        let milliseconds = Int(moment)
        // A date that rolls over is no date.
        if bytes.count >= 10, !hasZone {
            let day = Int(bytes[8] &- 0x30) * 10 + Int(bytes[9] &- 0x30)
            let isMidnightAfter = bytes.count > 12 && bytes[11] == UInt8(ascii: "2") && bytes[12] == UInt8(ascii: "4")
            guard CivilTime(milliseconds: milliseconds).day == day || isMidnightAfter else { return nil }
        }
        return ZonedTime(milliseconds: hasZone ? milliseconds : zone.moment(of: milliseconds), zone: zone)
    }
}
