package import JSONValue

/// A form for what can only be asked when the account is connected, such as which of the vendor's lists counts.
package struct PostConnectForm: Sendable {
    /// One question.
    package struct Field: Sendable {
        /// How it is asked.
        package let variable: VariableConfig
        /// Where the choices come from; those of the variable if nil.
        package let source: ChoiceSource?
        /// Fields that must have a value first.
        package let dependsOn: [String]
        /// Whether an answer is good; sees `value`, `context`.
        package let validation: Expression?
        /// What the user is told when it is not.
        package let message: String?
        /// Where the answer is kept among the account's variables.
        package let place: DocumentPath
        /// For a field mapping: what the user chooses a counterpart for; sees `context`.
        package let targets: Expression?
    }

    /// What stands above the form.
    package let title: String?
    /// What stands below that.
    package let lead: String?
    /// The questions, in order.
    package let fields: [Field]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["title", "lead", "fields"])
        title = try reader.child("title")?.string()
        lead = try reader.child("lead")?.string()
        var fields: [Field] = []
        for (name, member) in try reader.required("fields").members() {
            fields.append(try Field(name: name, reading: member))
        }
        self.fields = fields
        for field in fields {
            for name in field.dependsOn where !fields.contains(where: { $0.variable.name == name }) {
                throw reader.error("'\(field.variable.name)' depends on '\(name)', which the form does not ask")
            }
        }
    }

    /// The native calls that are named.
    var calls: [StepRequestConfig] { fields.compactMap(\.source?.native) }

    /// Whether what a question hangs on has an answer, and the question is wanted at all.
    ///
    /// `answers`: the account's variables with the answers so far.
    package func canAsk(_ field: Field, given answers: JSONObject) -> Bool {
        let needed = field.dependsOn.compactMap { name in fields.first { $0.variable.name == name } }
        return needed.allSatisfy { $0.answer(in: answers) != nil } && field.variable.isVisible(given: answers)
    }
}

extension PostConnectForm.Field {
    private static let keys = [
        "data_source", "depends_on", "validate", "validation_message", "save_to", "targets",
    ]

    init(name: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        variable = try VariableConfig(name: name, reading: reader, more: Self.keys)
        source = try reader.child("data_source").map(ChoiceSource.init(reading:))
        if let place = reader.child("data_source"), ![.select, .multiSelect, .fieldMapping].contains(variable.kind) {
            throw place.error("only a select, multi_select or field_mapping has choices")
        }
        dependsOn = try reader.child("depends_on")?.strings() ?? []
        validation = try reader.child("validate")?.condition()
        message = try reader.child("validation_message")?.string()
        place = DocumentPath(try reader.child("save_to")?.string() ?? name)
        guard !place.names.isEmpty else { throw try reader.required("save_to").error("expected a place such as a.b") }
        targets = try reader.child("targets")?.expression()
        if variable.kind == .fieldMapping {
            _ = try reader.required("targets")
        } else if let targets = reader.child("targets") {
            throw targets.error("only a field_mapping has targets")
        }
    }

    /// The answer among an account's variables.
    package func answer(in variables: JSONObject) -> JSONValue? {
        place.value(in: .object(variables))
    }

    /// Variables with an answer in its place.
    package func keeping(_ answer: JSONValue, in variables: JSONObject) -> JSONObject {
        variables.replacing(at: place.names[...], with: answer)
    }
}

extension JSONObject {
    /// The object with another value at a path of member names; whatever is no object on the way gives way.
    fileprivate func replacing(at path: ArraySlice<String>, with value: JSONValue) -> JSONObject {
        guard let name = path.first else { return self }
        var object = self
        let rest = path.dropFirst()
        object[name] =
            rest.isEmpty ? value : .object((object[name]?.object ?? JSONObject()).replacing(at: rest, with: value))
        return object
    }
}
