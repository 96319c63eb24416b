import Cryptography
import Foundation
import Testing
import Vocabulary

/// What services rely on beyond the algorithms: fresh nonces, secrets that do not show, keys and certificates.
struct CryptographyTests {
    private func code(_ body: () throws(CryptographyError) -> Void) -> CryptographyError.Code? {
        do throws(CryptographyError) {
            try body()
            return nil
        } catch { return error.code }
    }

    @Test func `each seal has a nonce of its own`() throws {
        let key = try SecretBytes.random(count: 32)
        var nonces = Set<[UInt8]>()
        for _ in 0..<20_000 { nonces.insert(try AES256GCM.seal([1], key: key, associatedData: []).nonce) }
        #expect(nonces.count == 20_000)
    }

    @Test func `sealed bytes open with their purpose alone`() throws {
        let key = try SecretBytes.random(count: 32)
        let sealed = try AES256GCM.seal([1, 2, 3], key: key, associatedData: [7])
        #expect(try AES256GCM.open(sealed, key: key, associatedData: [7]) == [1, 2, 3])
        #expect(
            code { () throws(CryptographyError) in _ = try AES256GCM.open(sealed, key: key, associatedData: [8]) }
                == .notAuthentic
        )
    }

    @Test func `a secret never shows in text, and the array it came from is emptied`() throws {
        var bytes: [UInt8] = Array("canary-3f9d".utf8)
        let secret = SecretBytes(zeroing: &bytes)
        #expect(bytes.allSatisfy { $0 == 0 })
        #expect(secret.description == "<redacted>")
        #expect(secret.withBytes { Array($0) } == Array("canary-3f9d".utf8))
        #expect(secret.count == 11)
    }

    @Test func `constant-time comparison tells equal from different, and short from long`() {
        let digests = OpenSSLDigests()
        #expect(digests.constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!digests.constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!digests.constantTimeEqual([1, 2, 3], [1, 2]))
        #expect(digests.constantTimeEqual([], []))
    }

    @Test(arguments: [PrivateKey.Kind.ed25519, .p256, .rsa(bits: 2048)])
    func `a key survives its PEM and signs for its public half`(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey(pem: PrivateKey.generate(kind).pem())
        let algorithm: SignatureAlgorithm =
            switch kind {
            case .ed25519: .edDSA
            case .p256: .es256
            default: .rs256
            }
        let signature = try key.sign([1, 2, 3], algorithm)
        let other = try PublicKey(pem: key.publicKey().pem())
        #expect(try other.verify(signature, of: [1, 2, 3], algorithm))
        #expect(try !other.verify(signature, of: [1, 2, 4], algorithm))
        let stranger = try PrivateKey.generate(kind).publicKey()
        #expect(try !stranger.verify(signature, of: [1, 2, 3], algorithm))
    }

    @Test func `an Ed25519 key is the same however its PEM is written`() throws {
        let key = try PrivateKey.generate(.ed25519)
        let pem = try key.pem()
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        let texts = [
            pem, Array(pem.dropLast()), Array("a comment\n".utf8) + pem, Array(lines.joined(separator: "\r\n").utf8),
        ]
        for text in texts { #expect(try PrivateKey(pem: text).publicKey().pem() == key.publicKey().pem()) }
        let other = String(decoding: pem, as: UTF8.self).replacing("MC4CAQAwBQYDK2Vw", with: "MC4CAQAwBQYDK2Vx")
        #expect(code { () throws(CryptographyError) in _ = try PrivateKey(pem: Array(other.utf8)) } == .unreadable)
    }

    @Test func `a key of the wrong kind or size is refused in words`() throws {
        let key = try PrivateKey.generate(.p256)
        #expect(code { () throws(CryptographyError) in _ = try key.sign([1], .rs256) } == .wrongParameter)
        #expect(
            code { () throws(CryptographyError) in _ = try PrivateKey.generate(.rsa(bits: 1024)) }
                == .wrongParameter
        )
        #expect(code { () throws(CryptographyError) in _ = try PrivateKey(pem: Array("no key".utf8)) } == .unreadable)
        #expect(code { () throws(CryptographyError) in _ = try PublicKey(ed25519: [1, 2]) } == .wrongParameter)
    }

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
        #expect(!chain[1].isSigned(by: chain[0]))
        #expect(chain[0].dnsNames == ["*.acme.test", "localhost"])
        #expect(chain[0].matches(try PrivateKey(pem: identity.privateKeyPEM)))
        #expect(!chain[0].matches(try PrivateKey.generate(.p256)))
        #expect(chain[0].subject == "CN=unit")
        let end = try #require(chain[0].notAfter)
        #expect(end > Date())
    }

    @Test func `a request to sign a certificate names only what may stand there`() throws {
        let key = try PrivateKey.generate(.p256)
        let request = try CertificateRequest(commonName: "Fjord Works", dnsNames: ["fjord.example"], key: key)
        #expect(String(decoding: request.pem, as: UTF8.self).hasPrefix("-----BEGIN CERTIFICATE REQUEST-----"))
        #expect(
            code { () throws(CryptographyError) in _ = try CertificateRequest(commonName: "", key: key) }
                == .wrongParameter
        )
        #expect(
            code { () throws(CryptographyError) in
                _ = try CertificateRequest(commonName: "x", dnsNames: ["a,DNS:evil.example"], key: key)
            } == .wrongParameter
        )
    }
}
