import ConnectorConfig
import JSONValue
import Vocabulary

/// Random texts that identify a browser or an OAuth request, and their digests.
struct BrowserSecret: Sendable {
    let digests: any Digests
    /// Keys what is derived instead of stored.
    let sessionKey: Secret<[UInt8]>

    /// 256 random bits in hexadecimal.
    func make() throws -> String {
        Hexadecimal.text(try digests.randomBytes(32))
    }

    /// A random text of the letters that a vendor takes, each as likely as the others.
    func state(_ style: StateConfig) throws -> String {
        let letters = Array(style.alphabet.letters.utf8)
        let end = 256 - 256 % letters.count
        var text: [UInt8] = []
        while text.count < style.length {
            let fair = try digests.randomBytes(style.length).map(Int.init).filter { $0 < end }
            text += fair.map { letters[$0 % letters.count] }
        }
        return String(decoding: text.prefix(style.length), as: UTF8.self)
    }

    func sha256(_ text: String) throws -> [UInt8] {
        try digests.digest(.sha256, of: Array(text.utf8))
    }

    /// The proof key's verifier of a session (RFC 7636): derived, so that it never lies in a database.
    func verifier(of session: ConnectSessionID) throws -> String {
        try keyed("pkce", session)
    }

    /// The token that every form of a session carries, against cross-site posts.
    func formToken(of session: ConnectSessionID) throws -> String {
        try keyed("form", session)
    }

    func isFormToken(_ text: String, of session: ConnectSessionID) throws -> Bool {
        digests.constantTimeEqual(Array(text.utf8), Array(try formToken(of: session).utf8))
    }

    /// A key for a purpose of its own.
    func key(_ purpose: String) throws -> [UInt8] {
        try digests.hmac(.sha256, of: Array(purpose.utf8), key: sessionKey.reveal())
    }

    /// A choice as a form holds it: with its label, and a proof that this session was offered it for this question.
    func sealed(_ option: VariableConfig.Option, field: String, _ session: ConnectSessionID) throws -> String {
        let text = JSONValue.array([.string(option.value), .string(option.label)]).text()
        return try keyed("choice:\(field):\(text)", session) + text
    }

    /// The choice that a form sent back; nil for what was never offered.
    func choice(_ sealed: String, field: String, _ session: ConnectSessionID) throws -> VariableConfig.Option? {
        let text = String(sealed.dropFirst(64))
        let proof = try keyed("choice:\(field):\(text)", session)
        guard digests.constantTimeEqual(Array(sealed.prefix(64).utf8), Array(proof.utf8)),
            let pair = try? JSONValue(parsing: text).array, let value = pair.first?.string
        else { return nil }
        return VariableConfig.Option(value: value, label: pair.last?.string ?? value)
    }

    private func keyed(_ purpose: String, _ session: ConnectSessionID) throws -> String {
        Hexadecimal.text(
            try digests.hmac(.sha256, of: Array("\(purpose):\(session)".utf8), key: sessionKey.reveal())
        )
    }
}
