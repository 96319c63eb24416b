import Cryptography
import Testing
import Vocabulary

@Suite struct SmokeTests {
    @Test func `a leaf is signed by its authority and matches its key`() throws {
        let authority = try DevelopmentAuthority()
        let identity = try authority.issue(
            commonName: "unit",
            dnsNames: ["*.acme.test", "localhost"],
            ipAddresses: ["127.0.0.1", "::1"]
        )
        let chain = try Certificate.chain(pem: identity.chainPEM)
        #expect(chain.count == 2)
        #expect(chain[0].isSigned(by: chain[1]))
        #expect(chain[0].dnsNames == ["*.acme.test", "localhost"])
        #expect(chain[0].matches(try PrivateKey(pem: identity.privateKeyPEM)))
        #expect(chain[0].subject == "CN=unit")
    }
    @Test func `signatures verify`() throws {
        let key = try PrivateKey.generate(.ed25519)
        let signature = try key.sign([1, 2, 3], .edDSA)
        #expect(try key.publicKey().verify(signature, of: [1, 2, 3], .edDSA))
        #expect(try !key.publicKey().verify(signature, of: [1, 2, 4], .edDSA))
        let p = try PrivateKey.generate(.p256)
        let s = try p.sign([1, 2, 3], .es256)
        #expect(s.count == 64)
        #expect(try p.publicKey().verify(s, of: [1, 2, 3], .es256))
        let r = try PrivateKey.generate(.rsa(bits: 2048))
        #expect(try r.publicKey().verify(r.sign([9], .rs256), of: [9], .rs256))
        #expect(try r.publicKey().verifyPSS(r.signPSS([9], .sha256), of: [9], .sha256))
    }
    @Test func `sealed bytes open only as they were`() throws {
        let key = try SecretBytes.random(count: 32)
        let sealed = try AES256GCM.seal([1, 2, 3], key: key, associatedData: [7])
        #expect(try AES256GCM.open(sealed, key: key, associatedData: [7]) == [1, 2, 3])
        var hit: CryptographyError.Code?
        do { _ = try AES256GCM.open(sealed, key: key, associatedData: [8]) } catch { hit = error.code }
        #expect(hit == .notAuthentic)
        #expect(
            try CertificateRequest(commonName: "x", dnsNames: ["a.b"], key: PrivateKey.generate(.p256)).pem.count > 100
        )
        let out = try MessageDigest.hkdf(
            42,
            key: SecretBytes(copying: [UInt8](repeating: 0x0b, count: 22)),
            salt: (0...12).map { UInt8($0) },
            info: (0xf0...0xf9).map { UInt8($0) }
        )
        #expect(out.withBytes { Array($0).prefix(4) } == [0x3c, 0xb2, 0x5f, 0x25])
    }
}
