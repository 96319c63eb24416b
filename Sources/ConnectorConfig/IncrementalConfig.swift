import JSONValue

/// How a vendor gives only what has changed since a time, more coarsely than the caller may ask.
package struct IncrementalConfig: Sendable {
    /// How finely the vendor reads times.
    package enum Granularity: String, Sendable, CaseIterable {
        case millisecond, second, minute, hour, day
    }

    /// How the vendor tells of records that are gone.
    package enum Deletes: String, Sendable, CaseIterable {
        /// It does not.
        case none
        /// They stay in the list, marked as such.
        case flag
        /// A list of its own has them.
        case list
    }

    /// The unified field that tells when a record changed.
    package let field: String
    /// The native query parameter that takes the time; nil when the method's own mappings take it from the filters.
    package let parameter: PaginationConfig.Parameter?
    /// How finely the vendor reads it.
    package let granularity: Granularity
    /// How far before the time it is asked, for changes that the vendor lists late.
    package let overlap: Duration
    /// How the vendor tells of records that are gone.
    package let deletes: Deletes

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["field", "param", "granularity", "overlap_seconds", "deletes"])
        field = try reader.child("field")?.string() ?? "updated_at"
        parameter = try PaginationConfig.Parameter.read(reader.child("param"))
        granularity = try reader.child("granularity")?.choice(Granularity.self) ?? .millisecond
        overlap = try reader.child("overlap_seconds")?.int(0...86_400).seconds ?? .zero
        deletes = try reader.child("deletes")?.choice(Deletes.self) ?? .none
    }
}
