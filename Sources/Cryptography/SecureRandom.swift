import COpenSSL

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Random bytes from the system's generator.
///
/// OpenSSL's own generator is seeded from it too, and takes a millisecond to set up in a new process.
package enum SecureRandom {
    /// What the system gives at once.
    private static let portion = 256

    /// `count` random bytes.
    ///
    /// - Throws: `failed` when the system has no randomness to give.
    package static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let isFilled = bytes.withUnsafeMutableBytes { bytes in
            stride(from: 0, to: count, by: portion).allSatisfy { start in
                let part = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<min(start + portion, count)])
                return part.baseAddress.map { getentropy($0, part.count) == 0 } ?? true
            }
        }
        guard isFilled else { throw CryptographyError(.failed, "the system's random generator gave nothing") }
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
