package import Vocabulary

/// What is wrong with a connector document, and where.
package struct ConnectorConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// RFC 6901 pointer into the document; empty for the whole of it.
    package let pointer: String
    /// What is wrong and how to mend it; lower case, without values that could be secret.
    package let message: String
    /// The layer that holds the fault, where it is known.
    package let level: OverrideLevel?

    /// Names one fault.
    package init(_ message: String, at pointer: String, level: OverrideLevel? = nil) {
        self.pointer = pointer
        self.message = message
        self.level = level
    }

    package var description: String {
        let place = pointer.isEmpty ? "the document" : pointer
        guard let level else { return "\(place): \(message)" }
        return "\(place) (\(level.rawValue) layer): \(message)"
    }
}
