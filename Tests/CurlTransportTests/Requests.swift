import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

extension VendorServer {
    /// A transport that finds the vendor under `*.vendor.test` and `vendor.test`.
    ///
    /// `other`: another port, to be reached in its place.
    func sender(reaching other: Int? = nil) throws -> CurlSender {
        let port = other ?? port
        return try CurlSender(
            CurlConfig(
                caFile: caFile.path,
                hostMap: try CurlConfig.hostMap("vendor.test=127.0.0.1:\(port),*.vendor.test=127.0.0.1:\(port)")
            )
        )
    }

    /// A transport that looks names up, and finds the vendor under `*.localhost`.
    func resolvingSender(hostNamesMax: Int) throws -> CurlSender {
        let endpoints = try ["127.0.0.1:\(port)", "[::1]:\(port)"].map { try #require(EgressPolicy.Endpoint($0)) }
        return try CurlSender(
            CurlConfig(caFile: caFile.path, allowedEndpoints: Set(endpoints), hostNamesMax: hostNamesMax)
        )
    }

    /// A transport that trusts the vendor but may not call this machine.
    func confinedSender() throws -> CurlSender {
        try CurlSender(CurlConfig(caFile: caFile.path))
    }
}

extension OutboundRequest {
    /// A request of a test.
    ///
    /// It waits as long for the connection as for all: a busy machine needs seconds for a handshake.
    static func to(
        _ url: String,
        method: HTTPRequest.Method = .get,
        headers: HTTPFields = [:],
        body: [UInt8]? = nil,
        as partition: String = "account-a",
        certificate: ConnectionIdentity.ClientCertificate? = nil,
        replay: Replay = .allowed,
        redirects: Redirects = .none,
        within: Duration = .seconds(120),
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
            connectTimeout: within,
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
