import Cryptography
import Foundation
import JSONValue
import Testing
import Vocabulary

/// Known answers, and answers that were tampered with, through the wrapper as services use it.
struct VectorTests {
    private static let folder = URL(filePath: #filePath).appending(path: "../Vectors").standardizedFileURL

    private static func cases(_ name: String) throws -> [Vector] {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        return try JSONValue(parsing: bytes)["cases"]?.array?.map(Vector.init) ?? []
    }

    @Test func `AES-256-GCM opens what was sealed and nothing else`() throws {
        let cases = try Self.cases("aes-256-gcm.json")
        #expect(cases.count > 400)
        for vector in cases {
            let key = SecretBytes(copying: vector["key"])
            let sealed = AES256GCM.Sealed(
                nonce: vector["nonce"],
                ciphertext: vector["ciphertext"],
                tag: vector["tag"]
            )
            do {
                let opened = try AES256GCM.open(sealed, key: key, associatedData: vector["aad"])
                #expect(vector.isValid, "\(vector.note)")
                #expect(opened == vector["plaintext"], "\(vector.note)")
            } catch {
                #expect(!vector.isValid, "\(vector.note)")
                #expect([.notAuthentic, .wrongParameter].contains(error.code), "\(vector.note)")
            }
        }
    }

    @Test func `digests and HMACs are those of the standards`() throws {
        let cases = try Self.cases("digests.json")
        #expect(cases.count > 100)
        for vector in cases {
            let algorithm = try #require(DigestAlgorithm(rawValue: vector.text("algorithm")))
            #expect(try MessageDigest.hash(algorithm, of: vector["message"]) == vector["digest"])
            #expect(try MessageDigest.hmac(algorithm, of: vector["message"], key: vector["key"]) == vector["hmac"])
        }
    }

    @Test func `HKDF derives what RFC 5869 says`() throws {
        for vector in try Self.cases("hkdf-sha256.json") {
            let derived = try MessageDigest.hkdf(
                vector.number("length"),
                key: SecretBytes(copying: vector["key"]),
                salt: vector["salt"],
                info: vector["info"]
            )
            #expect(derived.withBytes { Array($0) } == vector["output"], "\(vector.note)")
        }
    }

    @Test func `an Ed25519 signature is taken in its one form alone`() throws {
        let cases = try Self.cases("ed25519.json")
        #expect(cases.count > 100)
        for vector in cases {
            let key = try PublicKey(ed25519: vector["key"])
            let isGood = try key.verify(vector["signature"], of: vector["message"], .edDSA)
            #expect(isGood == vector.isValid, "\(vector.note)")
        }
    }

    @Test func `ECDSA and RSA signatures verify, and forgeries do not`() throws {
        let cases = try Self.cases("signatures.json")
        #expect(cases.count > 100)
        for vector in cases {
            let key = try PublicKey(pem: Array(vector.text("key").utf8))
            let isGood =
                switch vector.text("algorithm") {
                case "es256": try key.verify(vector["signature"], of: vector["message"], .es256)
                case "rs256": try key.verify(vector["signature"], of: vector["message"], .rs256)
                default: try key.verifyPSS(vector["signature"], of: vector["message"], .sha256)
                }
            #expect(isGood == vector.isValid, "\(vector.text("algorithm")): \(vector.note)")
        }
    }
}

/// One case of a vector file; its members are hexadecimal unless asked for as text.
private struct Vector {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    var note: String { text("note") }
    var isValid: Bool { value["valid"] == true }

    subscript(_ name: String) -> [UInt8] {
        let digits = Array(text(name).utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }

    func text(_ name: String) -> String { value[name]?.string ?? "" }
    func number(_ name: String) -> Int { value[name]?.int ?? 0 }
}
