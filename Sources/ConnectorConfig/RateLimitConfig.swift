import JSONValue

/// What a vendor's answers tell about its limits; each expression sees `headers` (names in lower case), `status` and
/// `response` (the body).
///
/// A vendor may have several windows at once, such as one a second and one a day; the strictest counts.
package struct RateLimitConfig: Sendable {
    /// One window of the vendor.
    package struct Window: Sendable {
        /// Ties the window to the budget of that name, which it corrects.
        package let name: String?
        /// How many calls it allows.
        package let limit: RateReading?
        /// How many are left.
        package let remaining: RateReading?
        /// When it ends: seconds from now, or a moment.
        package let reset: [RateReading]
        /// How long it is, in seconds.
        package let length: RateReading?
        /// The rate classes it is about; all when empty.
        package let classes: [String]
    }

    /// Whether an answer means that a limit is reached, whatever its status.
    package let limitedWhen: Expression?
    /// How long to wait after a refusal; the longest counts.
    package let retryAfter: [RateReading]
    /// When a refusal ends; the latest counts.
    package let resetAt: [RateReading]
    /// The windows.
    package let windows: [Window]
    /// Whether an expression reads the body, not the header fields alone.
    package let mentionsBody: Bool

    private static let windowKeys = ["limit", "remaining", "reset", "reset_at", "window"]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["limited_when", "retry_after", "windows"] + Self.windowKeys)
        limitedWhen = try reader?.child("limited_when")?.expression()
        retryAfter = try RateReading.all(reader?.child("retry_after"), .guessed)
        resetAt = try RateReading.all(reader?.child("reset_at"), .guessed)
        var windows: [Window] = []
        if let reader, Self.windowKeys.contains(where: { reader.child($0) != nil }) {
            windows.append(try Window(reading: reader))
        }
        for element in reader?.child("windows")?.elements() ?? [] {
            try element.allow(["name", "classes"] + Self.windowKeys)
            windows.append(try Window(reading: element))
        }
        self.windows = windows
        let sources = windows.flatMap { [$0.limit, $0.remaining, $0.length].compactMap(\.self) + $0.reset }
        let all = (sources + retryAfter + resetAt).flatMap(\.sources) + (limitedWhen?.sources ?? [])
        mentionsBody = SourceWords(all).contains("response")
    }
}

extension RateLimitConfig.Window {
    fileprivate init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        name = try reader.child("name")?.string()
        limit = try reader.child("limit").map { (member) throws(ConnectorConfigError) in try RateReading(member) }
        remaining = try reader.child("remaining").map { (member) throws(ConnectorConfigError) in
            try RateReading(member)
        }
        reset =
            try RateReading.all(reader.child("reset"), .seconds) + RateReading.all(reader.child("reset_at"), .guessed)
        length = try reader.child("window").map { (member) throws(ConnectorConfigError) in try RateReading(member) }
        classes = try reader.child("classes")?.strings() ?? []
    }
}

/// A number or a moment in an answer.
package struct RateReading: Sendable {
    /// How a moment is written.
    package enum Format: String, Sendable, CaseIterable {
        /// Seconds since 1970.
        case epochSeconds = "epoch_s"
        /// Milliseconds since 1970.
        case epochMilliseconds = "epoch_ms"
        /// As in the `Date` field (RFC 9110 section 5.6.7).
        case httpDate = "http_date"
        /// RFC 3339.
        case rfc3339
        /// Seconds from now.
        case seconds = "delta"
        /// Milliseconds from now.
        case milliseconds = "delta_ms"
        /// Found out by the look of it.
        case guessed = "auto"
    }

    /// Where it is.
    package enum Source: Sendable {
        /// A header field, in lower case: read without running an expression.
        case header(String)
        /// Anything else.
        case expression(Expression)
    }

    /// Where it is.
    package let source: Source
    /// How it is written.
    package let format: Format

    init(_ reader: DocumentReader, _ format: Format = .guessed) throws(ConnectorConfigError) {
        guard case .object = reader.value, let value = reader.child("value") else {
            self.format = format
            source = try Self.source(reader)
            return
        }
        try reader.allow(["value", "format"])
        self.format = try reader.child("format")?.choice(Format.self) ?? format
        source = try Self.source(value)
    }

    static func all(_ reader: DocumentReader?, _ format: Format) throws(ConnectorConfigError) -> [RateReading] {
        var readings: [RateReading] = []
        for element in reader?.elements() ?? [] { readings.append(try RateReading(element, format)) }
        return readings
    }

    var sources: [String] {
        guard case .expression(let expression) = source else { return [] }
        return expression.sources
    }

    /// An expression that only names a header field is not run for each answer.
    private static func source(_ reader: DocumentReader) throws(ConnectorConfigError) -> Source {
        let expression = try reader.expression()
        if case .jsonata(let compiled) = expression, let name = headerName(compiled.source) { return .header(name) }
        return .expression(expression)
    }

    private static func headerName(_ source: String) -> String? {
        let front = "headers.`"
        guard source.hasPrefix(front), source.hasSuffix("`"), source.utf8.count > front.utf8.count + 1 else {
            return nil
        }
        let name = source.dropFirst(front.count).dropLast()
        let isPlain = name.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "-")
        }
        return isPlain ? String(name) : nil
    }
}
