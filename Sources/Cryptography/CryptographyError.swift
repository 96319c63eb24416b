import COpenSSL

/// Why a cryptographic operation failed.
///
/// Never holds key material, plaintext or the bytes that failed.
package struct CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed set of reasons.
    package enum Code: String, Sendable, CaseIterable {
        /// A key, nonce or tag has the wrong length or type.
        case wrongParameter
        /// The ciphertext, its tag, its nonce or its associated data are not those that were sealed.
        case notAuthentic
        /// PEM or DER that cannot be read.
        case unreadable
        /// OpenSSL refused for another reason.
        case failed
    }

    /// Why.
    package let code: Code
    /// Names the operation and the fix.
    package let message: String

    /// Describes a failure.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

/// Runs `body` with an empty OpenSSL error queue and leaves it empty: the queue belongs to the thread, and what one call
/// leaves in it would be taken for the next one's.
func withCleanErrorQueue<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return try body()
}
