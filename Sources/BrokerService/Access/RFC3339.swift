import Foundation

/// Times as the services write them: RFC 3339 in UTC with the letter `Z`.
enum RFC3339 {
    /// Whole seconds.
    static func text(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    /// Reads a time with or without a fraction; nil for anything else.
    static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
