import ConnectorConfig
package import Vocabulary

/// What signing needs beside the credentials: randomness, hashes and the time.
package struct SigningTools: Sendable {
    let digests: any Digests
    /// Seconds since 1970.
    let now: @Sendable () -> Int

    /// Bundles tools.
    ///
    /// - Parameters:
    ///   - digests: hashes and random bytes.
    ///   - now: seconds since 1970.
    package init(digests: any Digests, now: @escaping @Sendable () -> Int) {
        self.digests = digests
        self.now = now
    }
}

extension UsernameTokenConfig {
    /// The header block's values for one request.
    ///
    /// - Throws: `Problem` (`config_invalid`) when a nonce or a time is wanted where none can be made.
    func security(username: String, password: String, tools: SigningTools?) throws -> SOAPSecurity {
        guard passwordType == .digest || hasNonce || timestampSeconds != nil else {
            return SOAPSecurity(
                username: Secret(username),
                password: .text(Secret(password)),
                mustUnderstand: mustUnderstand
            )
        }
        guard let tools else {
            throw Problem(.configInvalid, "this request cannot be signed with a nonce or a time")
        }
        let now = tools.now() * 1000
        let created = Instant(millisecondsSinceEpoch: now).text
        let nonce = passwordType == .digest || hasNonce ? try tools.digests.randomBytes(16) : nil
        var shown = SOAPSecurity.Password.text(Secret(password))
        if passwordType == .digest {
            // UsernameToken Profile 1.0, section 3.1.
            let input = (nonce ?? []) + Array(created.utf8) + Array(password.utf8)
            shown = .digest(Secret(Base64.encoded(try tools.digests.digest(.sha1, of: input))))
        }
        return SOAPSecurity(
            username: Secret(username),
            password: shown,
            nonce: nonce.map(Base64.encoded),
            created: nonce == nil ? nil : created,
            timestamp: timestampSeconds.map {
                (created, Instant(millisecondsSinceEpoch: now + $0 * 1000).text)
            },
            mustUnderstand: mustUnderstand
        )
    }
}
