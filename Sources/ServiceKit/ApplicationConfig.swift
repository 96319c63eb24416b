/// Where a service listens and what it grants to each connection.
package struct ApplicationConfig: Sendable {
    /// A listener with TLS beside the plain one.
    package struct TLS: Sendable {
        /// The port; 0 takes any free one.
        package var port: Int
        /// Certificate chain (leaf first) in PEM.
        package var certificateChainPEM: [UInt8]
        /// Unencrypted private key in PEM.
        package var privateKeyPEM: [UInt8]

        /// Describes a listener.
        package init(port: Int, certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]) {
            self.port = port
            self.certificateChainPEM = certificateChainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    /// What one client may take up.
    package struct Limits: Sendable {
        /// All header fields of a request together, in bytes; more is `header_too_large`.
        package var headerBytesMax = 32 * 1024
        /// Number of header fields of a request.
        package var headerCountMax = 100
        /// Path and query together, in bytes.
        package var targetBytesMax = 16 * 1024
        /// Open connections; further ones are closed at once.
        package var connectionsMax = 8192
        /// From the first byte of a request to the end of its header fields.
        package var headerTimeout: Duration = .seconds(10)
        /// The whole body.
        package var bodyTimeout: Duration = .seconds(30)
        /// Between two requests of one connection.
        package var idleTimeout: Duration = .seconds(75)
        /// How long the receiver of an answer may take nothing of it.
        package var writeTimeout: Duration = .seconds(30)
        /// The most a request may take when its caller names no deadline, and at most what a caller can ask for.
        package var requestTimeout: Duration = .seconds(60)

        /// The limits of a public service.
        package init() {}
    }

    /// The address to listen on.
    package var host: String
    /// The plain port; 0 takes any free one.
    package var port: Int
    /// The listener with TLS, if any.
    package var tls: TLS?
    /// What one client may take up.
    package var limits: Limits
    /// How long requests in flight may go on after the service was told to stop.
    package var drainTimeout: Duration
    /// Event loops, each a thread.
    package var threads: Int

    /// Describes where to listen; the defaults are those of a developer's machine.
    package init(
        host: String = "127.0.0.1",
        port: Int,
        tls: TLS? = nil,
        limits: Limits = Limits(),
        drainTimeout: Duration = .seconds(12),
        threads: Int = 1
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.limits = limits
        self.drainTimeout = drainTimeout
        self.threads = threads
    }
}
