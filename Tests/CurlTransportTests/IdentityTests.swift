import Cryptography
import CurlTransport
import HTTPExchange
import HTTPTypes
import NIOSSL
import TestSupport
import Testing

/// What belongs to one account never serves another: connections, TLS sessions, client certificates.
struct IdentityTests {
    private func certificate(
        _ vendor: VendorServer,
        _ name: String
    ) throws -> (ConnectionIdentity.ClientCertificate, der: [UInt8]) {
        let identity = try vendor.authority.issue(commonName: name, isClient: true)
        let der = try NIOSSLCertificate.fromPEMBytes(identity.chainPEM)[0].toDERBytes()
        return (.init(chainPEM: identity.chainPEM, privateKeyPEM: identity.privateKeyPEM), der)
    }

    @Test func `accounts do not share connections, and each keeps its own`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        for _ in 1...3 {
            for account in ["account-a", "account-b", "account-c"] {
                _ = try await sender.send(.to("https://vendor.test/\(account)", as: account))
            }
        }
        #expect(vendor.connectionCount == 3)
        for arrival in vendor.arrivals {
            let first = try #require(vendor.arrivals.first { $0.line == arrival.line })
            #expect(arrival.connection == first.connection)
        }
    }

    @Test func `the vendor sees each account's certificate with that account's requests`() async throws {
        let vendor = try await VendorServer(asksForCertificate: true) { _ in .ok() }
        let sender = try vendor.sender()
        let certificates = try (0..<4).map { try certificate(vendor, "client\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<10 {
                for (index, certificate) in certificates.enumerated() {
                    group.addTask { () throws -> Void in
                        let request = OutboundRequest.to(
                            "https://vendor.test/\(index)/\(round)",
                            as: "account-\(index)",
                            certificate: certificate.0
                        )
                        let response = try await sender.send(request)
                        #expect(response.status == 200)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(vendor.arrivals.count == 40)
        for arrival in vendor.arrivals {
            let index = try #require(Int(arrival.line.split(separator: "/")[1]))
            #expect(arrival.certificate == certificates[index].der)
        }
    }

    @Test func `a new certificate of the same account is shown at once`() async throws {
        let vendor = try await VendorServer(asksForCertificate: true) { _ in .ok() }
        let sender = try vendor.sender()
        let (first, firstDER) = try certificate(vendor, "old")
        let (second, secondDER) = try certificate(vendor, "new")
        for certificate in [first, second, first, second] {
            _ = try await sender.send(.to("https://vendor.test/a", certificate: certificate))
        }
        #expect(vendor.arrivals.map(\.certificate) == [firstDER, secondDER, firstDER, secondDER])
    }

    @Test func `an account without a certificate gets none from another's session`() async throws {
        let vendor = try await VendorServer(asksForCertificate: true) { _ in .ok() }
        let sender = try vendor.sender()
        let (certificate, _) = try certificate(vendor, "client")
        _ = try await sender.send(.to("https://vendor.test/a", certificate: certificate))
        for account in ["account-a", "account-b"] {
            let error = await failure(sender, .to("https://vendor.test/a", as: account))
            #expect(error != nil)
        }
        #expect(vendor.arrivals.count == 1)
    }

    @Test func `a key that is not the certificate's is refused without a word of it`() async throws {
        let vendor = try await VendorServer(asksForCertificate: true) { _ in .ok() }
        let (good, _) = try certificate(vendor, "client")
        let mixed = ConnectionIdentity.ClientCertificate(
            chainPEM: good.chainPEM,
            privateKeyPEM: try PrivateKey.generate(.p256).pem()
        )
        let error = await failure(try vendor.sender(), .to("https://vendor.test/a", certificate: mixed))
        #expect(error?.reason == .tlsFailed)
        #expect(error?.description.contains("PRIVATE") == false)
    }

    @Test func `a server of another authority, or with another name, is not trusted`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let stranger = try await VendorServer(names: ["vendor.test"]) { _ in .ok() }
        let misnamed = try await VendorServer(names: ["other.test"]) { _ in .ok() }
        #expect(await failure(try misnamed.sender(), .to("https://vendor.test/a"))?.reason == .tlsFailed)
        #expect(misnamed.arrivals.isEmpty)
        let mapped = try vendor.sender(reaching: stranger.port)
        #expect(await failure(mapped, .to("https://vendor.test/a"))?.reason == .tlsFailed)
        #expect(stranger.arrivals.isEmpty)
    }

    @Test func `a vendor with an authority of its own is believed by that one alone`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        func send(_ authority: [UInt8]?) async -> ExchangeError.Reason? {
            var request = OutboundRequest.to("https://vendor.test/a")
            request.identity = ConnectionIdentity(partition: "a", authorityPEM: authority)
            do {
                _ = try await sender.send(request)
                return nil
            } catch { return error.reason }
        }
        let stranger = try DevelopmentAuthority().certificatePEM
        #expect(await send(stranger) == .tlsFailed)
        #expect(await send(vendor.authority.certificatePEM) == nil)
        #expect(await send(stranger) == .tlsFailed, "not over the connection of the other")
        #expect(await send(nil) == nil)
    }
}
