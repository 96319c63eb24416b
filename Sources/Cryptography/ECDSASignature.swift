import COpenSSL

/// The two forms of a P-256 signature: DER (OpenSSL) and the 64 bytes `r || s` (RFC 7518 section 3.4).
enum ECDSASignature {
    static func fixed(fromDER der: [UInt8]) throws(CryptographyError) -> [UInt8] {
        var fixed = [UInt8](repeating: 0, count: 64)
        let isDone = der.withUnsafeBufferPointer { buffer -> Bool in
            var cursor = buffer.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &cursor, buffer.count) else { return false }
            defer { ECDSA_SIG_free(signature) }
            return fixed.withUnsafeMutableBufferPointer { out in
                BN_bn2binpad(ECDSA_SIG_get0_r(signature), out.baseAddress, 32) == 32
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), out.baseAddress.map { $0 + 32 }, 32) == 32
            }
        }
        guard isDone else { throw CryptographyError(.failed, "the ES256 signature has no 64-byte form") }
        return fixed
    }

    static func der(fromFixed fixed: [UInt8]) -> [UInt8]? {
        guard fixed.count == 64, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let isSet = fixed.withUnsafeBufferPointer { bytes -> Bool in
            let r = BN_bin2bn(bytes.baseAddress, 32, nil)
            let s = BN_bin2bn(bytes.baseAddress.map { $0 + 32 }, 32, nil)
            // On success the signature owns both numbers.
            guard ECDSA_SIG_set0(signature, r, s) == 1 else {
                BN_free(r)
                BN_free(s)
                return false
            }
            return true
        }
        guard isSet else { return nil }
        let length = i2d_ECDSA_SIG(signature, nil)
        guard length > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: Int(length))
        let written = der.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return i2d_ECDSA_SIG(signature, &cursor)
        }
        return written == length ? der : nil
    }
}
