/// A value that must not be shown: it prints as `<redacted>`, has no coding, and is read in one marked call.
package struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: Value

    /// Hides `value`.
    package init(_ value: Value) {
        self.value = value
    }

    /// The value itself.
    ///
    /// Call it where the secret is used, never to store or print it.
    package func reveal() -> Value {
        value
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
