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

    /// Reads the fields of `method` and the connector's variables from a form.
    func input(_ form: SubmittedForm, connector: ConnectorDocument, method: AuthMethod, known: JSONObject) throws
        -> Input
    {
        var input = Input(variables: known, secrets: [:])
        for variable in connector.variables where variable.source == .user {
            if let text = try value(form, variable, known: known[variable.name]) {
                input.variables[variable.name] = .string(text)
            }
        }
        for field in method.fields where !MutualTLSConfig.fieldNames.contains(field.name) || method.mutualTLS == nil {
            if let text = try value(form, field, known: nil) { input.secrets[field.name] = text }
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

    private func value(_ form: SubmittedForm, _ field: VariableConfig, known: JSONValue?) throws -> String? {
        let given =
            field.kind == .file
            ? form.files[field.name].map { String(decoding: $0.reveal(), as: UTF8.self) } : form.texts[field.name]
        let text = field.transformed(given ?? "")
        guard !text.isEmpty else {
            if known != nil || !field.isRequired { return nil }
            throw UserError(message: "Please fill in “\(field.label)”.", field: field.name)
        }
        if let pattern = field.pattern {
            guard let expression = try? Regex(pattern), (try? expression.wholeMatch(in: text)) != nil else {
                throw UserError(message: "“\(field.label)” does not look right. Please check it.", field: field.name)
            }
        }
        guard text.utf8.count <= 16_384, !text.utf8.contains(0) else {
            throw UserError(message: "“\(field.label)” is too long.", field: field.name)
        }
        return text
    }
}
