package import ConnectorConfig

extension Deprecation {
    /// Header fields that tell of it: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), where their days are known.
    package var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if let seconds = Self.seconds(since) { fields.append(("Deprecation", "@\(seconds)")) }
        if let sunset, let seconds = Self.seconds(sunset) {
            fields.append(("Sunset", Self.date(sunset, days: seconds / 86_400)))
        }
        return fields
    }

    private static func seconds(_ day: String?) -> Int? {
        day.flatMap { Instant($0 + "T00:00:00Z") }.map { $0.milliseconds / 1000 }
    }

    /// A day in the form of HTTP (RFC 9110 section 5.6.7).
    private static func date(_ day: String, days: Int) -> String {
        let parts = day.split(separator: "-").map(String.init)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The first of January 1970 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7 + 7) % 7]
        let month = Int(parts[1]).map { months[min(max($0, 1), 12) - 1] } ?? "Jan"
        return "\(weekday), \(parts[2]) \(month) \(parts[0]) 00:00:00 GMT"
    }
}
