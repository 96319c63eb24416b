import Cryptography
import Foundation
import Testing
import Vocabulary

struct CertificateReaderTests {
    private let reader = OpenSSLCertificateReader()
    private let authority: DevelopmentAuthority
    private let client: DevelopmentAuthority.Identity

    init() throws {
        authority = try DevelopmentAuthority()
        client = try authority.issue(commonName: "Acme Mutual SSL", isClient: true)
    }

    private func read(
        _ certificate: [UInt8],
        key: [UInt8]? = nil,
        passphrase: String? = nil,
        requiresIssuer: Bool = false,
        now: Date = Date()
    ) throws(CertificateFault) -> ClientIdentity {
        try reader.identity(
            in: CertificateUpload(
                certificate: Secret(certificate),
                privateKey: key.map(Secret.init),
                passphrase: passphrase.map(Secret.init)
            ),
            requiresIssuer: requiresIssuer,
            now: now
        )
    }

    private func reason(_ body: () throws(CertificateFault) -> ClientIdentity) -> CertificateFault.Reason? {
        do {
            _ = try body()
            return nil
        } catch { return error.reason }
    }

    @Test func `a PEM file with its key beside it, or in it, is read with its dates and names`() throws {
        let apart = try read(client.chainPEM, key: client.privateKeyPEM)
        #expect(apart.subject == "CN=Acme Mutual SSL")
        #expect(apart.issuer == "CN=Tributary development authority")
        #expect(apart.notAfter > Date(timeIntervalSinceNow: 86_400 * 390))
        #expect(apart.sha256.count == 64)
        #expect(try Certificate.chain(pem: Array(apart.chainPEM.utf8)).count == 2)
        let together = try read(client.privateKeyPEM + client.chainPEM)
        #expect(together.sha256 == apart.sha256)
        #expect(together.privateKeyPEM.reveal() == String(decoding: client.privateKeyPEM, as: UTF8.self))
    }

    @Test func `a bundle opens with its passphrase alone`() throws {
        let bundle = try client.bundle(passphrase: Secret("s3cret ü"))
        let identity = try read(bundle, passphrase: "s3cret ü")
        #expect(identity.subject == "CN=Acme Mutual SSL")
        #expect(try Certificate.chain(pem: Array(identity.chainPEM.utf8)).count == 2)
        #expect(reason { () throws(CertificateFault) in try read(bundle) } == .passphraseNeeded)
        #expect(reason { () throws(CertificateFault) in try read(bundle, passphrase: "other") } == .wrongPassphrase)
    }

    @Test func `a key of another certificate, or none, is told apart`() throws {
        let other = try authority.issue(commonName: "Other", isClient: true)
        #expect(reason { () throws(CertificateFault) in try read(client.chainPEM) } == .keyMissing)
        #expect(
            reason { () throws(CertificateFault) in try read(client.chainPEM, key: other.privateKeyPEM) }
                == .keyMismatch
        )
        #expect(reason { () throws(CertificateFault) in try read(client.chainPEM, key: [1, 2, 3]) } == .unreadable)
    }

    @Test func `a certificate out of its time is refused with the day`() throws {
        do {
            _ = try read(client.chainPEM, key: client.privateKeyPEM, now: Date(timeIntervalSinceNow: 86_400 * 398))
            Issue.record("an expired certificate was taken")
        } catch {
            #expect(error.reason == .expired)
            #expect(error.message.contains(/expired on \d{4}-\d{2}-\d{2}\./))
        }
        let early = Date(timeIntervalSinceNow: -86_400)
        #expect(
            reason { () throws(CertificateFault) in try read(client.chainPEM, key: client.privateKeyPEM, now: early) }
                == .notYetValid
        )
    }

    @Test func `the issuer is asked for where it is needed, and a foreign one does not stand for it`() throws {
        let own = try Certificate(pem: client.chainPEM).pem()
        let foreign = try DevelopmentAuthority().certificatePEM
        #expect(try read(own, key: client.privateKeyPEM).subject == "CN=Acme Mutual SSL")
        #expect(
            reason { () throws(CertificateFault) in
                try read(own, key: client.privateKeyPEM, requiresIssuer: true)
            } == .chainMissing
        )
        #expect(
            reason { () throws(CertificateFault) in try read(own + foreign, key: client.privateKeyPEM) }
                == .chainMissing
        )
        #expect(try read(client.chainPEM, key: client.privateKeyPEM, requiresIssuer: true).sha256.count == 64)
    }

    @Test(arguments: [[], Array("hello".utf8), Array("-----BEGIN CERTIFICATE-----\nAAAA\n".utf8), [0x30, 0x82, 0, 1]])
    func `what is no certificate is refused`(bytes: [UInt8]) {
        #expect(reason { () throws(CertificateFault) in try read(bytes, passphrase: "x") } == .unreadable)
    }

    @Test func `no message holds anything of the key or the passphrase`() throws {
        let bundle = try client.bundle(passphrase: Secret("canary-one"))
        do {
            _ = try read(bundle, passphrase: "canary-two")
        } catch {
            #expect(!"\(error)".contains("canary"))
            #expect(!"\(error)".contains("BEGIN"))
        }
    }
}
