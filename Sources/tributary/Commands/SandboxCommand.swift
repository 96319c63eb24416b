import ArgumentParser
import Cryptography
import Foundation
import ServiceKit
import VendorSandbox

/// The command `tributary sandbox`.
struct SandboxCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run the vendor simulator, for development and tests."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let settings = installation.settings
        let catalog = try SandboxCatalog.load(connectorsDirectory: settings.content("connectors"))
        let authority = try DevelopmentAuthority(directory: settings.file("tls"))
        var identities: [String: SandboxConfig.Identity] = [:]
        for vendor in catalog.vendors {
            let identity = try authority.issue(
                commonName: vendor.name,
                dnsNames: ["localhost"] + vendor.hosts,
                ipAddresses: ["127.0.0.1", "::1"]
            )
            identities[vendor.name] = SandboxConfig.Identity(
                chainPEM: identity.chainPEM,
                privateKeyPEM: identity.privateKeyPEM
            )
        }
        let logger = installation.logger(ServiceName.sandbox.rawValue)
        let sandbox = VendorSandbox(
            SandboxConfig(
                host: settings.listenHost,
                basePort: settings.sandboxPort,
                catalog: catalog,
                tls: identities,
                clientAuthorityPEM: authority.certificatePEM
            ),
            digests: OpenSSLDigests(),
            logger: logger,
            now: { Date().timeIntervalSince1970 }
        )
        try await ServiceRunner(name: .sandbox, installation: installation, isSupervised: supervised).run(
            [sandbox],
            logger: logger
        )
    }
}
