package import ConnectorConfig
import FoundationEssentials
package import HTTPExchange
import HTTPTypes
package import JSONValue

/// What one answer of a vendor told about its limits.
package struct RateSignal: Sendable, Equatable {
    /// One window.
    package struct Window: Sendable, Equatable {
        /// The budget that it corrects.
        package var name: String?
        /// Calls in the window.
        package var limit: Int?
        /// Calls left.
        package var remaining: Int?
        /// Until it ends.
        package var reset: Duration?
        /// How long it is.
        package var length: Duration?
        /// The rate classes it is about; all when empty.
        package var classes: [String] = []
    }

    /// Whether the answer is a refusal because of a limit, whatever its status.
    package var isLimited = false
    /// When to come again, as the answer itself says.
    package var retryAfter: Duration?
    /// The windows.
    package var windows: [Window] = []

    /// The window that leaves least.
    package var strictest: Window? {
        windows.filter { $0.limit != nil || $0.remaining != nil || $0.reset != nil }
            .min { Self.share($0) < Self.share($1) }
    }

    private static func share(_ window: Window) -> Double {
        guard let remaining = window.remaining else { return .infinity }
        return Double(remaining) / Double(max(window.limit ?? remaining, 1))
    }
}

extension RateSignal {
    /// The longest wait that is believed.
    private static let waitMax = 86_400.0

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - response: the answer.
    ///   - config: where it tells what.
    ///   - body: the parsed body; asked for only when the configuration reads it.
    ///   - isRefusal: whether the answer is known to be no good one.
    ///   - now: seconds since 1970, for answers without a `Date` field.
    package init(
        _ response: InboundResponse,
        config: RateLimitConfig,
        body: @escaping () -> JSONValue,
        isRefusal: Bool,
        now: @escaping @autoclosure () -> Double = Date().timeIntervalSince1970
    ) {
        guard Self.mayTell(response, config: config, isRefusal: isRefusal) else { return }
        let reader = Reader(response, mentionsBody: config.mentionsBody, body: body, now: now)
        windows = config.windows.compactMap { reader.window($0) }
        if let condition = config.limitedWhen { isLimited = (try? condition.isTrue(in: reader.scope)) ?? false }
        guard isRefusal || isLimited || response.status == 429 else { return }
        var waits = config.retryAfter.compactMap(reader.moment)
        if waits.isEmpty, let told = response.headers[.retryAfter] {
            waits += [reader.moment(told, .guessed)].compactMap(\.self)
        }
        waits += config.resetAt.compactMap(reader.moment)
        retryAfter = waits.max().map { .seconds(Int(min($0, Self.waitMax).rounded(.up))) }
    }

    /// Whether an answer can tell anything at all.
    static func mayTell(_ response: InboundResponse, config: RateLimitConfig, isRefusal: Bool) -> Bool {
        isRefusal || !config.windows.isEmpty || config.limitedWhen != nil || response.status == 429
    }

    /// Reads values out of one answer; the scope of expressions is made once, when it is needed.
    private final class Reader {
        private let response: InboundResponse
        private let mentionsBody: Bool
        private let body: () -> JSONValue
        private let now: () -> Double

        init(
            _ response: InboundResponse,
            mentionsBody: Bool,
            body: @escaping () -> JSONValue,
            now: @escaping () -> Double
        ) {
            self.response = response
            self.mentionsBody = mentionsBody
            self.body = body
            self.now = now
        }

        lazy var scope = ResponseScope.scope(response, body: mentionsBody ? body() : .null)

        func window(_ config: RateLimitConfig.Window) -> Window? {
            let window = Window(
                name: config.name,
                limit: config.limit.flatMap(number),
                remaining: config.remaining.flatMap(number),
                reset: config.reset.compactMap(moment).max().map { .milliseconds(Int(min($0, waitMax) * 1000)) },
                length: config.length.flatMap(number).map { .seconds($0) },
                classes: config.classes
            )
            return window.limit == nil && window.remaining == nil && window.reset == nil ? nil : window
        }

        /// Seconds from now.
        func moment(_ reading: RateReading) -> Double? {
            text(reading).flatMap { moment($0, reading.format) }
        }

        func moment(_ text: String, _ format: RateReading.Format) -> Double? {
            let seconds: Double? =
                switch format {
                case .seconds: Double(text)
                case .milliseconds: Double(text).map { $0 / 1000 }
                case .epochSeconds: Double(text).map { $0 - clock }
                case .epochMilliseconds: Double(text).map { $0 / 1000 - clock }
                case .httpDate: HTTPDate.seconds(text).map { $0 - clock }
                case .rfc3339: Self.rfc3339(text).map { $0 - clock }
                case .guessed: guessed(text)
                }
            guard let seconds, seconds.isFinite else { return nil }
            return max(0, seconds)
        }

        private func guessed(_ text: String) -> Double? {
            guard let number = Double(text) else {
                return (HTTPDate.seconds(text) ?? Self.rfc3339(text)).map { $0 - clock }
            }
            if number < 1e8 { return number }
            return (number < 1e11 ? number : number / 1000) - clock
        }

        private func number(_ reading: RateReading) -> Int? {
            guard let text = text(reading), let value = Double(text), value.isFinite else { return nil }
            return Int(exactly: value.rounded())
        }

        private func text(_ reading: RateReading) -> String? {
            switch reading.source {
            case .header(let name): HTTPField.Name(name).flatMap { response.headers[$0] }
            case .expression(let expression): (try? expression.text(in: scope)) ?? nil
            }
        }

        /// The vendor's own clock, where the answer has it: moments are told by that one.
        private lazy var clock = response.headers[.date].flatMap(HTTPDate.seconds) ?? now()

        private static func rfc3339(_ text: String) -> Double? {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
            return (try? Date(text, strategy: style))?.timeIntervalSince1970
        }
    }
}

/// The form of dates in header fields (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; nil when the text is not such a date.
    static func seconds(_ text: String) -> Double? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), (1970...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        // Days from the civil calendar, counted from March so that the leap day comes last.
        let shifted = (month + 10) % 12
        let counted = year - (month < 2 ? 1 : 0)
        let days =
            365 * counted + counted / 4 - counted / 100 + counted / 400 + (shifted * 306 + 5) / 10 + day - 1 - 719_468
        return Double(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2])
    }
}
