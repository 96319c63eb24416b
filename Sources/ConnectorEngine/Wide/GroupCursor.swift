import JSONValue
import Vocabulary

extension Engine {
    /// The cursor for a place in a list over several accounts.
    ///
    /// `binding`: what it is good for: the accounts, the resource, the filters.
    package func cursor(_ position: GroupPosition, binding: [String]) throws -> String {
        try cursors.sealed(position.json.bytes(), binding: ["group"] + binding)
    }

    /// The place that a cursor stands for.
    ///
    /// - Throws: `Problem` (`cursor_mismatch`) when it was made for something else, or not by us.
    package func groupPosition(_ cursor: String, binding: [String]) throws -> GroupPosition {
        let payload = try cursors.opened(cursor, binding: ["group"] + binding)
        guard let json = try? JSONValue(parsing: payload), let position = GroupPosition(json) else {
            throw CursorCodec.refusal
        }
        return position
    }
}
