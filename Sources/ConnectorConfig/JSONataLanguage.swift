import JSONValue
import JSONata

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

    init(_ error: JSONataError) {
        self.init(code: error.code, position: error.position, message: error.message)
    }
}

/// The language of expressions.
package enum JSONataLanguage {
    /// Compiles a source.
    package static let source: ExpressionCompiler.CompileSource = { (source: String) throws(SourceFault) in
        let expression: JSONataExpression
        do throws(JSONataError) { expression = try JSONataExpression(compiling: source) } catch {
            throw SourceFault(error)
        }
        return ExpressionCompiler.Source(expression) { (input: JSONValue) throws(SourceFault) in
            do throws(JSONataError) { return try expression.evaluate(input) } catch { throw SourceFault(error) }
        }
    }
}
