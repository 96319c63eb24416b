import FoundationEssentials
import Postgres
import Vocabulary

/// The place of a row in a list ordered by creation: what a cursor of the admin API holds.
struct PagePlace: Sendable, Equatable {
    /// When the row was made.
    let createdAt: Timestamp
    /// The row's id, to tell rows of the same microsecond apart.
    let id: UUID

    /// Names a place.
    init(createdAt: Timestamp, id: UUID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Reads a cursor.
    ///
    /// - Throws: `invalid_request` when it is not one of ours.
    init(cursor: String) throws(Problem) {
        let parts = cursor.split(separator: "_")
        guard parts.count == 2, let microseconds = Int(parts[0]), let id = UUID(uuidString: String(parts[1])) else {
            throw Problem(
                .invalidRequest,
                "next_cursor is not one that this list gave; start again without it",
                failures: [
                    Problem.Failure(code: "invalid", message: "not a cursor of this list", pointer: "next_cursor")
                ]
            )
        }
        self.init(createdAt: Timestamp(microseconds: microseconds), id: id)
    }

    /// The text form.
    var cursor: String { "\(createdAt.microseconds)_\(id.uuidString.lowercased())" }
}

/// One page of records.
struct Page<Record: Sendable>: Sendable {
    /// The records in order.
    let records: [Record]
    /// Where the next page starts; nil on the last one.
    let next: PagePlace?

    /// Cuts a page out of rows of which one more than wanted was asked for.
    init(rows: [Row], limit: Int, read: (Row) throws -> Record) throws {
        records = try rows.prefix(limit).map(read)
        guard rows.count > limit, let last = rows.prefix(limit).last else {
            next = nil
            return
        }
        next = PagePlace(createdAt: try last.get("created_at"), id: try last.get("id"))
    }
}
