/// What a task of a group gives back, with the name that tells it from what the others do.
///
/// An object: a tuple that a task of a group gives back loses its number when the optimiser is through with it
/// (Swift 6.3.1), and one task's value would be taken for another's.
package final class Tagged<Tag: Sendable, Value: Sendable>: Sendable {
    /// The task's name.
    package let tag: Tag
    /// What it gives.
    package let value: Value

    /// Names a value.
    package init(_ tag: Tag, _ value: Value) {
        self.tag = tag
        self.value = value
    }
}
