import COpenSSL
import Glibc

/// Secret bytes in memory of their own that is locked where the system allows it, kept out of core dumps, and zeroed
/// when the value ends.
///
/// It cannot be copied and prints as `<redacted>`.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is written only in `init`, has one owner and is freed by it.
    private let memory: UnsafeMutableRawBufferPointer

    /// Number of bytes.
    package let count: Int

    /// Moves bytes in: `bytes` is zeroed before the call returns.
    package init(zeroing bytes: inout [UInt8]) {
        self.init(count: bytes.count) { memory in
            bytes.withUnsafeMutableBytes { source in
                memory.copyMemory(from: UnsafeRawBufferPointer(source))
                OPENSSL_cleanse(source.baseAddress, source.count)
            }
        }
    }

    /// Copies bytes in; the caller's copy stays where it is.
    package init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { memory in memory.copyBytes(from: bytes) }
    }

    /// Makes `count` bytes and lets `fill` write them once.
    private init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let capacity = max(1, (count + page - 1) / page) * page
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: page)
        // Both are best effort: RLIMIT_MEMLOCK may be small, and the bytes are zeroed at the end in any case.
        _ = mlock(memory.baseAddress, capacity)
        _ = madvise(memory.baseAddress, capacity, MADV_DONTDUMP)
        self.count = count
        fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        _ = munlock(memory.baseAddress, memory.count)
        _ = madvise(memory.baseAddress, memory.count, MADV_DODUMP)
        memory.deallocate()
    }

    /// `count` random bytes.
    ///
    /// - Throws: `failed` when the system has no randomness to give.
    package static func random(count: Int) throws(CryptographyError) -> SecretBytes {
        var bytes = try SecureRandom.bytes(count)
        return SecretBytes(zeroing: &bytes)
    }

    /// Lends the bytes to `body`.
    ///
    /// They must not be stored or printed there.
    package borrowing func withBytes<Value: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Prints as `<redacted>`.
    package var description: String { "<redacted>" }
}
