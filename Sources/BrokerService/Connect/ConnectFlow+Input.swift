import ConnectorConfig
import JSONValue
import Vocabulary

/// What the user types and uploads, checked before anything is sent.
extension ConnectFlow {
    /// The checked values of a form.
    struct Input: Sendable {
        var variables: JSONObject
        var secrets: [String: String]
        var certificate: ClientIdentity?
    }

    /// The variables and fields that a form shows, in its order.
    ///
    /// `known`: the variables that have values, those just typed included.
    /// `isReconnect`: whether the account is there already, so that what must not change is not asked for.
    static func asked(
        _ connector: ConnectorDocument,
        _ method: AuthMethod,
        known: JSONObject,
        isReconnect: Bool
    ) -> [VariableConfig] {
        let values = connector.withDefaults(known)
        let all = connector.variables.filter { $0.source == .user } + method.fields
        return all.enumerated()
            .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            .map(\.element)
            .filter { field in
                field.isVisible(given: values)
                    && !(isReconnect && field.isImmutable && known[field.name] != nil)
            }
    }

    /// Reads the fields of `method` and the connector's variables from a form.
    func input(
        _ form: SubmittedForm,
        connector: ConnectorDocument,
        method: AuthMethod,
        known: JSONObject,
        isReconnect: Bool = false
    ) throws -> Input {
        var input = Input(variables: known, secrets: [:])
        let names = Set(connector.variables.filter { $0.source == .user }.map(\.name))
        let typed = typed(form, connector, known)
        for field in Self.asked(connector, method, known: typed, isReconnect: isReconnect) {
            if names.contains(field.name) {
                if let value = try value(form, field, known: known[field.name]) { input.variables[field.name] = value }
            } else if !MutualTLSConfig.fieldNames.contains(field.name) || method.mutualTLS == nil {
                if let value = try value(form, field, known: nil) {
                    input.secrets[field.name] = value.plainText ?? value.text()
                }
            }
        }
        if let config = method.mutualTLS, config.level == .account {
            input.certificate = try certificate(form, config)
        }
        return input
    }

    private func certificate(_ form: SubmittedForm, _ config: MutualTLSConfig) throws -> ClientIdentity {
        guard let file = form.files["client_cert"] else {
            throw UserError(message: "Please choose the file of your certificate.", field: "client_cert")
        }
        for (name, file) in form.files where file.reveal().count > SubmittedForm.fileBytesMax {
            throw UserError(message: "The file is too large for a certificate or a key.", field: name)
        }
        let passphrase = form.texts["passphrase"] ?? ""
        guard passphrase.utf8.count <= 1024, !passphrase.utf8.contains(0) else {
            throw UserError(message: "The passphrase is too long.", field: "passphrase")
        }
        do {
            return try certificateReader.identity(
                in: CertificateUpload(
                    certificate: file,
                    privateKey: form.files["client_key"],
                    passphrase: passphrase.isEmpty ? nil : Secret(passphrase)
                ),
                requiresIssuer: config.chain == .required,
                now: now()
            )
        } catch {
            let field =
                switch error.reason {
                case .passphraseNeeded, .wrongPassphrase: "passphrase"
                case .keyMissing, .keyMismatch: "client_key"
                default: "client_cert"
                }
            throw UserError(message: error.message, field: field)
        }
    }

    /// What is known with what a form holds, for the conditions under which fields are asked for.
    func typed(_ form: SubmittedForm, _ connector: ConnectorDocument, _ known: JSONObject) -> JSONObject {
        var values = known
        for variable in connector.variables where variable.source == .user {
            guard let texts = form.lists[variable.name],
                let value = try? variable.value(of: texts, digests: secrets.digests)
            else { continue }
            values[variable.name] = value
        }
        return values
    }

    /// The checked value of one field; nil when it is left empty and may be.
    func value(_ form: SubmittedForm, _ field: VariableConfig, known: JSONValue?) throws -> JSONValue? {
        let texts =
            field.kind == .file
            ? form.files[field.name].map { [String(decoding: $0.reveal(), as: UTF8.self)] } ?? []
            : form.lists[field.name] ?? []
        do {
            if let value = try field.value(of: texts, digests: secrets.digests) { return value }
        } catch {
            throw UserError(message: error.message, field: field.name)
        }
        if known != nil || !field.isRequired { return nil }
        throw UserError(message: "Please fill in “\(field.label)”.", field: field.name)
    }
}
