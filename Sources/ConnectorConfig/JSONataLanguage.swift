import JSONValue

/// Why a source cannot be compiled or has no value.
package struct SourceFault: Error, Sendable, Equatable {
    /// The language's code.
    package let code: String
    /// Offset in UTF-16 units, where it is known.
    package let position: Int?
    /// What is wrong.
    package let message: String

    /// Describes a fault.
    package init(code: String, position: Int?, message: String) {
        self.code = code
        self.position = position
        self.message = message
    }
}

/// The language of expressions.
package enum JSONataLanguage {
    /// Compiles a source.
    package static let compile: ExpressionCompiler.Compile = { (source: String) throws(SourceFault) in
        { (_: JSONValue) throws(SourceFault) -> JSONValue? in
            throw SourceFault(code: "U1000", position: nil, message: "expressions cannot be evaluated yet")
        }
    }
}
