/// Why an expression could not be compiled or evaluated.
package struct JSONataError: Error, Sendable, Equatable {
    /// The stable code of the language's reference (`S` syntax, `T` types, `D` evaluation) or of this engine (`U`).
    package let code: String
    /// The offset after the token at fault, in UTF-16 units from the start of the source; nil when there is none.
    package let position: Int?
    /// The token, function or variable at fault.
    package let token: String?
    /// What is wrong, for a person.
    package let message: String

    /// Describes a failure.
    package init(code: String, position: Int? = nil, token: String? = nil, message: String) {
        self.code = code
        self.position = position
        self.token = token
        self.message = message
    }
}

extension JSONataError: CustomStringConvertible {
    package var description: String {
        guard let position else { return "\(code): \(message)" }
        return "\(code) at \(position): \(message)"
    }
}

/// A failure on its way up.
///
/// The details wait in the place that made it, so that throwing moves one word.
struct Fault: Error, BitwiseCopyable {
    var code: FaultCode
}
