import COpenSSL

/// Lets `body` read `bytes` through a BIO.
func withMemoryBIO<Value>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Value?) -> Value? {
    withCleanErrorQueue {
        guard let bio = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { return nil }
        defer { BIO_free(bio) }
        return body(bio)
    }
}

/// What `write` writes into a BIO; the BIO's memory is zeroed by OpenSSL when it is a secure one, so keys go there.
func pemBytes(_ write: (OpaquePointer) -> Int32) throws(CryptographyError) -> [UInt8] {
    let bytes = withCleanErrorQueue { () -> [UInt8]? in
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { return nil }
        var start: UnsafeMutablePointer<CChar>?
        let count = tributary_bio_memory(bio, &start)
        guard let start, count > 0 else { return nil }
        let buffer = UnsafeMutableRawBufferPointer(start: start, count: count)
        defer { OPENSSL_cleanse(buffer.baseAddress, buffer.count) }
        return Array(buffer)
    }
    guard let bytes else { throw CryptographyError(.failed, "the object cannot be written as PEM") }
    return bytes
}
