import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import TestSupport

extension VendorServer {
    /// A transport that finds the vendor under `*.vendor.test` and `vendor.test`.
    ///
    /// `other`: another port, to be reached in its place; `configure`: changes the transport's configuration.
    func sender(reaching other: Int? = nil, _ configure: (inout CurlConfig) -> Void = { _ in }) throws -> CurlSender {
        let port = other ?? port
        var config = CurlConfig(
            caFile: caFile.path,
            hostMap: try CurlConfig.hostMap("vendor.test=127.0.0.1:\(port),*.vendor.test=127.0.0.1:\(port)")
        )
        configure(&config)
        return try CurlSender(config)
    }

    /// A transport that trusts the vendor but may not call this machine.
    func confinedSender() throws -> CurlSender {
        try CurlSender(CurlConfig(caFile: caFile.path))
    }
}

extension OutboundRequest {
    /// A request of a test.
    static func to(
        _ url: String,
        method: HTTPRequest.Method = .get,
        headers: HeaderFields = [:],
        body: [UInt8]? = nil,
        as partition: String = "account-a",
        certificate: ConnectionIdentity.ClientCertificate? = nil,
        replay: Replay = .allowed,
        redirects: Redirects = .none,
        within: Duration = .seconds(20),
        bytesMax: Int = 1024 * 1024
    ) -> OutboundRequest {
        OutboundRequest(
            method: method,
            url: url,
            headers: headers,
            body: body,
            identity: ConnectionIdentity(partition: partition, clientCertificate: certificate),
            replay: replay,
            redirects: redirects,
            totalTimeout: within,
            responseBytesMax: bytesMax
        )
    }
}

/// The error that an exchange ends with; nil when it succeeds.
func failure(_ sender: CurlSender, _ request: OutboundRequest) async -> ExchangeError? {
    do throws(ExchangeError) {
        _ = try await sender.send(request)
        return nil
    } catch { return error }
}
