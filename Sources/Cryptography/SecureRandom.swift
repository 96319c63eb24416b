import COpenSSL

/// Random bytes from OpenSSL's generator, seeded by the system.
package enum SecureRandom {
    /// `count` random bytes.
    ///
    /// - Throws: `failed` when the system has no randomness to give.
    package static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let ok = withCleanErrorQueue {
            bytes.withUnsafeMutableBufferPointer { RAND_bytes($0.baseAddress, Int32(count)) }
        }
        guard ok == 1 else { throw CryptographyError(.failed, "the system's random generator gave nothing") }
        return bytes
    }
}

/// Comparison whose duration tells nothing of where two byte strings differ.
package enum ConstantTime {
    /// Whether both are equal; only their lengths show in the time.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }
}
