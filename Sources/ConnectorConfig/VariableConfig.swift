package import JSONValue

/// Something that is different for each account, such as a subdomain: asked from the user, or learnt on the way.
package struct VariableConfig: Sendable {
    /// What kind of input it is.
    package enum Kind: String, Sendable, CaseIterable {
        case text, secret, number, boolean, select, date
        case multiSelect = "multi_select"
        case file
        case keyValue = "key_value"
        /// A choice for each of several targets; in forms of connected accounts alone.
        case fieldMapping = "field_mapping"
    }

    /// Where the value comes from.
    package enum Source: String, Sendable, CaseIterable {
        case user, derived, callback
        case linkToken = "link_token"
        case tokenResponse = "token_response"
        case postInstall = "post_install"
    }

    /// One of the values a select offers.
    package struct Option: Sendable {
        /// The value.
        package let value: String
        /// What the user reads.
        package let label: String

        /// Describes a choice.
        package init(value: String, label: String) {
            self.value = value
            self.label = label
        }
    }

    /// What is done to the user's text before it is checked and kept.
    package enum Transform: String, Sendable, CaseIterable {
        case trim, lower
        case sha256
        case stripScheme = "strip_scheme"
        case firstLabel = "first_label"
    }

    /// The name, as templates use it.
    package let name: String
    /// The kind of input.
    package let kind: Kind
    /// What the user reads beside the field.
    package let label: String
    /// What the user reads below it.
    package let help: String?
    /// An example shown in the empty field.
    package let placeholder: String?
    /// A regular expression that the whole value must match.
    package let pattern: String?
    /// The values of a select.
    package private(set) var options: [Option]
    /// The value when there is none.
    package let defaultValue: JSONValue?
    /// Whether the user must give it.
    package let isRequired: Bool
    /// Where it comes from.
    package let source: Source
    /// The steps taken on the user's text.
    package let transforms: [Transform]
    /// For derived ones: what gives the value.
    package let derived: Expression?
    /// The page of the vendor's help that explains it.
    package let docs: String?
    /// The place on that page, or on the connector's.
    package let docAnchor: String?
    /// What a text must look like, beside its pattern.
    package let format: Format?
    /// What stands in front of what the user types, and is kept with it.
    package let prefix: String?
    /// What stands behind it.
    package let suffix: String?
    /// Its place in the form; those of one place come in the order written.
    package let order: Int
    /// Whether it is asked for, given the others; always, if nil.
    package let visibleWhen: Expression?
    /// Whether it must be the same when the account is connected again.
    package let isImmutable: Bool

    /// `more`: further words beside those of a variable.
    init(name: String, reading reader: DocumentReader, more: [String] = []) throws(ConnectorConfigError) {
        try reader.allow(
            more + [
                "type", "label", "help", "placeholder", "pattern", "options", "default", "required", "source",
                "transform", "derived", "docs", "doc_anchor", "format", "prefix", "suffix", "order", "visible_when",
                "immutable_on_reconnect",
            ]
        )
        self.name = name
        kind = try reader.child("type")?.choice(Kind.self) ?? .text
        label = try reader.child("label")?.string() ?? name
        help = try reader.child("help")?.string()
        placeholder = try reader.child("placeholder")?.string()
        pattern = try reader.child("pattern")?.string()
        docs = try reader.child("docs")?.string()
        docAnchor = try reader.child("doc_anchor")?.string()
        format = try reader.child("format")?.choice(Format.self)
        prefix = try reader.child("prefix")?.string()
        suffix = try reader.child("suffix")?.string()
        order = try reader.child("order")?.int(0...1000) ?? 0
        visibleWhen = try reader.child("visible_when")?.condition()
        isImmutable = try reader.child("immutable_on_reconnect")?.bool() ?? false
        defaultValue = reader.child("default")?.value
        derived = try reader.child("derived")?.expression()
        source = try reader.child("source")?.choice(Source.self) ?? (derived == nil ? .user : .derived)
        // A box that is not ticked says no.
        isRequired =
            try reader.child("required")?.bool() ?? (source == .user && defaultValue == nil && kind != .boolean)
        if source == .derived { _ = try reader.required("derived") }
        var transforms: [Transform] = []
        for step in reader.child("transform")?.elements() ?? [] {
            transforms.append(try step.choice(Transform.self))
        }
        self.transforms = transforms
        var options: [Option] = []
        for option in reader.child("options")?.elements() ?? [] { options.append(try Option(reading: option)) }
        self.options = options
        if kind == .fieldMapping, !more.contains("targets") {
            throw try reader.required("type").error("'field_mapping' belongs to a post_connect_form")
        }
    }

    /// One choice for a target of a field mapping.
    ///
    /// - Parameters:
    ///   - name: its name in the form.
    ///   - label: what the user reads.
    ///   - isRequired: whether it must be chosen.
    package init(choice name: String, label: String, isRequired: Bool) {
        self.init(name: name, kind: .select, label: label, help: nil, isRequired: isRequired, docs: nil)
    }

    /// The choice of one of a vendor's regions.
    init(regions: [RegionConfig]) {
        self.init(
            name: "region",
            kind: .select,
            label: "Region",
            help: nil,
            isRequired: true,
            docs: nil,
            options: regions.map { Option(value: $0.name, label: $0.label) }
        )
    }

    /// A file that the user uploads.
    init(file name: String, label: String, help: String?, isRequired: Bool, docs: String?) {
        self.init(name: name, kind: .file, label: label, help: help, isRequired: isRequired, docs: docs)
    }

    /// A secret that the user may type.
    init(secret name: String, label: String, help: String?) {
        self.init(name: name, kind: .secret, label: label, help: help, isRequired: false, docs: nil)
    }

    private init(
        name: String,
        kind: Kind,
        label: String,
        help: String?,
        isRequired: Bool,
        docs: String?,
        options: [Option] = []
    ) {
        self.name = name
        self.kind = kind
        self.label = label
        self.help = help
        self.isRequired = isRequired
        self.docs = docs
        placeholder = nil
        pattern = nil
        self.options = options
        defaultValue = nil
        source = .user
        transforms = []
        derived = nil
        docAnchor = nil
        format = nil
        prefix = nil
        suffix = nil
        order = 0
        visibleWhen = nil
        isImmutable = false
    }

    /// The same with other values to choose from.
    package func offering(_ options: [Option]) -> VariableConfig {
        var copy = self
        copy.options = options
        return copy
    }

    /// The variables of an object, in its order.
    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [VariableConfig] {
        var variables: [VariableConfig] = []
        for (name, member) in try reader?.members() ?? [] {
            variables.append(try VariableConfig(name: name, reading: member))
        }
        return variables
    }
}

extension VariableConfig.Option {
    /// Reads a value alone, or with what the user reads.
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        if case .string(let value) = reader.value {
            self.init(value: value, label: value)
            return
        }
        try reader.allow(["value", "label"])
        let value = try reader.required("value").string()
        self.init(value: value, label: try reader.child("label")?.string() ?? value)
    }
}

extension VariableConfig.Transform {
    /// The text after the step; a digest is made elsewhere.
    func applied(to text: String) -> String {
        switch self {
        case .trim:
            let isSpace: (Character) -> Bool = { $0.isWhitespace }
            let front = text.drop(while: isSpace)
            return String(front.reversed().drop(while: isSpace).reversed())
        case .lower: return text.lowercased()
        case .sha256: return text
        case .stripScheme:
            guard let range = Bytes.range(of: "://", in: text, from: text.startIndex) else { return text }
            let rest = text[range.upperBound...]
            return String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
        case .firstLabel: return String(text.prefix { $0 != "." && $0 != "/" })
        }
    }
}
