package import JSONValue
package import JSONata

/// A leaf of the format that is computed: a literal, a `{{placeholder}}` template, `{"$jsonata": "..."}`, or an object
/// or array of these.
package indirect enum Expression: Sendable {
    /// A value as it is.
    case literal(JSONValue)
    /// Text with placeholders.
    case template(Template)
    /// A JSONata expression, compiled.
    case jsonata(CompiledJSONata)
    /// An object whose values are expressions; those without a value are left out.
    case object([NamedExpression])
    /// An array of expressions; those without a value are left out.
    case array([Expression])

    /// The value in a scope; nil when there is none.
    ///
    /// - Throws: ``ExpressionError`` when a required placeholder has no value or JSONata fails.
    package func value(in scope: ExpressionScope) throws(ExpressionError) -> JSONValue? {
        switch self {
        case .literal(let value): return value
        case .template(let template): return try template.value(in: scope)
        case .jsonata(let compiled): return try compiled.value(in: .object(scope.root))
        case .object(let members):
            var object = JSONObject()
            for member in members {
                if let value = try member.expression.value(in: scope) { object[member.name] = value }
            }
            return .object(object)
        case .array(let elements):
            var array: [JSONValue] = []
            for element in elements {
                if let value = try element.value(in: scope) { array.append(value) }
            }
            return .array(array)
        }
    }

    /// The value as text; nil when there is none.
    ///
    /// `encoding`: what becomes of values that a template puts into the text.
    package func text(
        in scope: ExpressionScope,
        encoding: Template.Encoding = .none
    ) throws(ExpressionError) -> String? {
        if case .template(let template) = self { return try template.text(in: scope, encoding: encoding) }
        guard let value = try value(in: scope), !value.isNull else { return nil }
        guard let text = value.plainText else {
            throw ExpressionError(code: "not_text", message: "an object or array cannot be used as text")
        }
        return text
    }

    /// Whether the expression gives true.
    ///
    /// No value counts as false.
    package func isTrue(in scope: ExpressionScope) throws(ExpressionError) -> Bool {
        try value(in: scope) == .bool(true)
    }

    /// Whether it is text, with or without placeholders, so that the same values always give the same.
    package var isTemplate: Bool {
        switch self {
        case .literal, .template: true
        case .jsonata, .object, .array: false
        }
    }

    /// Whether a credential is asked for; JSONata is believed to ask for all that it names in any way.
    func mentions(credential name: String) -> Bool {
        switch self {
        case .literal: false
        case .template(let template): template.placeholders.contains { $0.starts(with: ["credentials", name]) }
        case .jsonata(let compiled): compiled.source.contains(name)
        case .object(let members): members.contains { $0.expression.mentions(credential: name) }
        case .array(let elements): elements.contains { $0.mentions(credential: name) }
        }
    }

    /// The JSONata sources in this expression.
    var sources: [String] {
        switch self {
        case .literal, .template: []
        case .jsonata(let compiled): [compiled.source]
        case .object(let members): members.flatMap(\.expression.sources)
        case .array(let elements): elements.flatMap(\.sources)
        }
    }
}

/// An expression with a name, such as a header field.
package struct NamedExpression: Sendable {
    /// The name.
    package let name: String
    /// What gives the value.
    package let expression: Expression
}

/// A JSONata expression with the place it was written at.
package struct CompiledJSONata: Sendable {
    /// The source as written, without the connector's functions.
    package let source: String
    /// Pointer of the expression in the document.
    package let pointer: String
    let compiled: ExpressionCompiler.Source
    /// How many UTF-16 units of functions stand before the source.
    let preludeLength: Int

    /// The expression with the functions it calls; nil when another language stands in for JSONata.
    package var expression: JSONataExpression? { compiled.expression }

    /// The value for an input; nil for undefined.
    package func value(in input: JSONValue) throws(ExpressionError) -> JSONValue? {
        do { return try compiled.evaluate(input) } catch { throw failure(error.code, at: error.position) }
    }

    /// The failure of this expression.
    ///
    /// `position`: an offset in the expression with its functions.
    package func failure(_ code: String, at position: Int?) -> ExpressionError {
        ExpressionError(
            code: code,
            message: "the expression failed",
            pointer: pointer,
            position: position.map { max(0, $0 - preludeLength) }
        )
    }
}
