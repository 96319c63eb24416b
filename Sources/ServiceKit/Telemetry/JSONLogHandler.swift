package import Foundation
import JSONValue
package import Logging

/// Writes each log event as one line of JSON to standard error: `time`, `level`, `service`, `message`, and the metadata
/// as members of its own.
///
/// Messages are constants. Values under names such as `authorization` or `password`, and anything that looks like one
/// of our keys, are written as `<redacted>`: a second net, not a reason to log a secret.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let service: String
    private let now: @Sendable () -> Date
    private let write: @Sendable ([UInt8]) -> Void

    /// Describes where lines go.
    ///
    /// - Parameters:
    ///   - service: named in every line.
    ///   - level: the least level that is written.
    ///   - now: the time.
    ///   - write: takes one line with its line feed.
    package init(
        service: String,
        level: Logger.Level = .info,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable ([UInt8]) -> Void = JSONLogHandler.standardError
    ) {
        self.service = service
        logLevel = level
        self.now = now
        self.write = write
    }

    /// A logger of a service.
    package static func logger(_ service: String, level: Logger.Level = .info) -> Logger {
        Logger(label: service) { _ in JSONLogHandler(service: service, level: level) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(Self.timestamp(now())), "level": .string(event.level.rawValue),
            "service": .string(service), "message": .string(Redaction.masked("\(event.message)")),
        ]
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(String(reflecting: error).prefix(1000))" }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) where line[name] == nil {
            line[name] = Redaction.isSecret(name) ? .string(Redaction.mark) : Self.json(value)
        }
        write(JSONValue.object(line).bytes() + [UInt8(ascii: "\n")])
    }

    /// Writes a line to standard error in one call.
    package static func standardError(_ line: [UInt8]) {
        try? FileHandle.standardError.write(contentsOf: Data(line))
    }

    private static func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): .string(Redaction.masked(text))
        case .stringConvertible(let value): .string(Redaction.masked(value.description))
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(
                JSONObject(
                    values.sorted { $0.key < $1.key }.map { name, value in
                        (name, Redaction.isSecret(name) ? .string(Redaction.mark) : json(value))
                    }
                )
            )
        }
    }

    /// RFC 3339 in UTC with milliseconds.
    private static func timestamp(_ date: Date) -> String {
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        let day = HTTPDate.civil(milliseconds / 86_400_000)
        let time = milliseconds % 86_400_000
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return "\(day.year)-\(padded(day.month, 2))-\(padded(day.day, 2))T\(padded(time / 3_600_000, 2)):"
            + "\(padded(time / 60_000 % 60, 2)):\(padded(time / 1000 % 60, 2)).\(padded(time % 1000, 3))Z"
    }
}

/// Finds what must not stand in a log line.
enum Redaction {
    /// Stands for what was there.
    static let mark = "<redacted>"

    private static let secretNames = [
        "authorization", "password", "secret", "token", "cookie", "api_key", "private_key",
    ]
    private static let secretPrefixes = ["trib_", "Bearer ", "Basic "]

    /// Whether a value of this name is a secret.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains { name == $0 || name.hasSuffix("_" + $0) }
    }

    /// `text` with everything that follows the prefix of a key masked up to the next space or quote.
    static func masked(_ text: String) -> String {
        guard secretPrefixes.contains(where: { text.contains($0) }) else { return text }
        var output = text
        for prefix in secretPrefixes {
            var position = output.startIndex
            while let found = output[position...].firstRange(of: prefix) {
                let end = output[found.upperBound...].firstIndex { " \"',;&\n".contains($0) } ?? output.endIndex
                let offset = output.distance(from: output.startIndex, to: found.upperBound) + mark.count
                if found.upperBound < end { output.replaceSubrange(found.upperBound..<end, with: mark) }
                position =
                    output.index(output.startIndex, offsetBy: offset, limitedBy: output.endIndex) ?? output.endIndex
            }
        }
        return output
    }
}
