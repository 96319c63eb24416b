import Vocabulary

/// Hashes and signatures, which the host provides.
extension Evaluator {
    /// `$digest(text, algorithm, format)`, `$hmac(text, secret, algorithm, format)`,
    /// `$sign(text, algorithm, secret, format)`.
    func digest(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        guard let message = try text(argument(a, 0), "the text") else { return argument(a, 0) }
        guard let digests = state.pointee.host.takeUnretainedValue().host.digests else {
            throw fail(.u2007, token: BuiltinNames.shared.value(builtin))
        }
        let algorithm = try text(argument(a, builtin == .hmac ? 2 : 1), "the algorithm") ?? "SHA-256"
        let format = argument(a, builtin == .digest ? 2 : 3)
        try spend(message.utf8.count >> 4)
        let bytes = Array(message.utf8)
        let result: [UInt8]
        do {
            switch builtin {
            case .digest: result = try digests.digest(try hash(algorithm), of: bytes)
            case .hmac:
                result = try digests.hmac(try hash(algorithm), of: bytes, key: try secret(argument(a, 1)))
            default:
                let key = try secret(argument(a, 2))
                if let scheme = SignatureAlgorithm(rawValue: algorithm) {
                    result = try digests.sign(scheme, bytes, privateKeyPEM: key)
                } else {
                    result = try digests.hmac(try hash(algorithm), of: bytes, key: key)
                }
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            // The cause may quote the key.
            throw refuse("the key cannot be used with \(algorithm.prefix(20))")
        }
        switch try text(format, "the format") ?? "hex" {
        case "hex":
            var text = ByteBuilder(arena, capacity: result.count * 2)
            for byte in result {
                for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
            }
            return text.finish()
        case "base64": return base64(result, alphabet: .standard)
        case "base64url": return base64(result, alphabet: .url)
        default: throw refuse("the format must be \"hex\", \"base64\" or \"base64url\"")
        }
    }

    private func secret(_ value: Value) throws(Fault) -> [UInt8] {
        guard let text = try text(value, "the secret"), !text.isEmpty else { throw refuse("the secret is missing") }
        return Array(text.utf8)
    }

    private func hash(_ name: String) throws(Fault) -> DigestAlgorithm {
        let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
        guard let algorithm = DigestAlgorithm(rawValue: plain) else {
            throw refuse("unknown algorithm \"\(name.prefix(20))\"; there are MD5, SHA-1, SHA-256, SHA-384 and SHA-512")
        }
        return algorithm
    }
}
