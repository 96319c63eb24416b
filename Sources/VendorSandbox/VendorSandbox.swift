import JSONValue
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
package import Vocabulary

/// Where the sandbox listens and what it simulates.
package struct SandboxConfig: Sendable {
    /// A certificate for a vendor's hosts.
    package struct Identity: Sendable {
        /// The chain in PEM, leaf first.
        package let chainPEM: [UInt8]
        /// The unencrypted key in PEM.
        package let privateKeyPEM: [UInt8]

        /// Wraps PEM bytes.
        package init(chainPEM: [UInt8], privateKeyPEM: [UInt8]) {
            self.chainPEM = chainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    /// The address to listen on.
    package let host: String
    /// The port that lists the vendors; theirs follow, in the order of the connectors' folders.
    package let basePort: Int
    /// The vendors.
    package let catalog: SandboxCatalog
    /// Their certificates by name; a vendor without one answers plain HTTP alone.
    package let tls: [String: Identity]
    /// The authority whose client certificates the vendors trust that ask for one, in PEM.
    package let clientAuthorityPEM: [UInt8]

    /// Describes a sandbox.
    package init(
        host: String,
        basePort: Int,
        catalog: SandboxCatalog,
        tls: [String: Identity],
        clientAuthorityPEM: [UInt8]
    ) {
        self.clientAuthorityPEM = clientAuthorityPEM
        self.host = host
        self.basePort = basePort
        self.catalog = catalog
        self.tls = tls
    }
}

/// A simulator of vendors, one port each, driven by `connectors/<vendor>/sandbox/`.
package struct VendorSandbox: Service {
    private let config: SandboxConfig
    private let logger: Logger
    private let simulators: [(vendor: SandboxCatalog.Vendor, simulator: VendorSimulator)]

    /// Puts a sandbox together.
    ///
    /// - Parameters:
    ///   - config: where it listens and what it simulates.
    ///   - digests: checks proof keys, makes tokens.
    ///   - logger: tells the ports.
    ///   - now: seconds since 1970.
    package init(
        _ config: SandboxConfig,
        digests: any Digests,
        logger: Logger,
        now: @escaping @Sendable () -> Double
    ) {
        self.config = config
        self.logger = logger
        simulators = config.catalog.vendors.map { vendor in
            (vendor, VendorSimulator(name: vendor.name, definition: vendor.definition, digests: digests, now: now))
        }
    }

    /// Listens until it is told to stop.
    ///
    /// - Throws: when a port cannot be had.
    package func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var channels: [any Channel] = []
        do {
            channels.append(
                try await SandboxListener.bind(group, host: config.host, port: config.basePort, identity: nil) {
                    control($0)
                }
            )
            for (vendor, simulator) in simulators {
                let port = config.basePort + 1 + vendor.place
                channels.append(
                    try await SandboxListener.bind(
                        group,
                        host: config.host,
                        port: port,
                        identity: config.tls[vendor.name],
                        clientAuthorityPEM: vendor.definition.requiresClientCertificate
                            ? config.clientAuthorityPEM : nil
                    ) {
                        simulator.respond($0)
                    }
                )
                logger.info("vendor simulated", metadata: ["vendor": "\(vendor.name)", "port": "\(port)"])
            }
            try? await gracefulShutdown()
        } catch {
            for channel in channels { try? await channel.close() }
            try? await group.shutdownGracefully()
            throw error
        }
        for channel in channels { try? await channel.close() }
        try? await group.shutdownGracefully()
    }

    /// `GET /` lists the vendors; `POST /faults {"vendor","fault","times"?,"path"?}` lets the next requests fail, and
    /// `{"vendor","fault":"none","clear":true}` takes that back.
    private func control(_ request: SandboxRequest) -> SandboxResponse {
        switch (request.method, request.path) {
        case ("GET", "/"):
            return .json(
                .array(
                    simulators.map { vendor, _ in
                        [
                            "vendor": .string(vendor.name),
                            "port": .number(JSONNumber(config.basePort + 1 + vendor.place)),
                            "hosts": .array(vendor.hosts.map(JSONValue.string)),
                        ]
                    }
                )
            )
        case ("POST", "/faults"):
            guard let body = try? JSONValue(parsing: request.body), let name = body["vendor"]?.string,
                let fault = body["fault"]?.string,
                let simulator = simulators.first(where: { $0.vendor.name == name })?.simulator
            else { return .json(["message": "send {\"vendor\", \"fault\", \"times\"?, \"path\"?}"], status: 400) }
            if body["clear"]?.bool == true {
                simulator.clearFaults()
                return .json(["ok": true])
            }
            simulator.add(fault: .init(name: fault, times: body["times"]?.int ?? 1, path: body["path"]?.string ?? "/"))
            return .json(["ok": true])
        default: return .json(["message": "GET / lists the vendors, POST /faults lets requests fail"], status: 404)
        }
    }
}
