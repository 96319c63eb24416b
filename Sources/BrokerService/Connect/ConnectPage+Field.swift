import ConnectorConfig
import JSONValue

extension ConnectPage.Field {
    /// The input of a variable.
    ///
    /// - Parameters:
    ///   - field: the variable.
    ///   - typed: what the user typed last, to be corrected.
    ///   - known: its value so far.
    ///   - isWrong: whether it must be corrected.
    ///   - docs: the connector's help, on which anchors lie.
    init(_ field: VariableConfig, typed: [String]?, known: JSONValue?, isWrong: Bool, docs: String?) {
        let value = known ?? field.defaultValue
        let chosen = typed ?? (value?.array ?? [value].compactMap(\.self)).compactMap(\.plainText)
        self.init(
            name: field.name,
            label: field.label,
            help: field.help,
            placeholder: field.placeholder,
            value: field.isHidden ? "" : typed?.last ?? value.map { field.shown($0) } ?? "",
            kind: Kind(field.kind),
            isRequired: field.isRequired,
            isWrong: isWrong,
            options: field.options.map { ($0.value, $0.label, chosen.contains($0.value)) },
            docs: field.docAnchor.flatMap { anchor in (field.docs ?? docs).map { "\($0)#\(anchor)" } } ?? field.docs,
            prefix: field.prefix,
            suffix: field.suffix
        )
    }
}

extension ConnectPage.Field {
    /// Whether something is chosen rather than typed, though nothing may be found to choose from.
    var isSelect: Bool { !options.isEmpty || window != nil }

    /// The input of a question about a connected account.
    init(_ question: ConnectFlow.Question, typed: [String]?, isWrong: Bool, docs: String?) {
        self.init(question.variable, typed: typed, known: question.known, isWrong: isWrong, docs: docs)
        window = question.window
    }
}

extension ConnectPage.Field.Kind {
    fileprivate init(_ kind: VariableConfig.Kind) {
        self =
            switch kind {
            case .text, .select, .fieldMapping: .text
            case .secret: .secret
            case .number: .number
            case .boolean: .checkbox
            case .date: .date
            case .file: .file
            case .multiSelect: .several
            case .keyValue: .lines
            }
    }
}

extension VariableConfig {
    /// Whether a page must not show the value again.
    fileprivate var isHidden: Bool { kind == .secret || kind == .file }

    /// The value as the user typed it.
    fileprivate func shown(_ value: JSONValue) -> String {
        guard case .object(let pairs) = value else { return typed(value) }
        return pairs.map { "\($0.key): \($0.value.plainText ?? "")" }.joined(separator: "\n")
    }
}
