import CCurl
import HTTPExchange

/// Translates libcurl's codes.
enum CurlFailure {
    /// What went wrong, naming the host at most: libcurl's own texts may quote addresses.
    static func error(_ code: CURLcode, _ transfer: Transfer) -> ExchangeError {
        let host = transfer.target.host
        func failure(_ reason: ExchangeError.Reason, _ message: String) -> ExchangeError {
            ExchangeError(reason, message, requestMayHaveBeenSent: transfer.wasRequestBegun)
        }
        if transfer.isTooLarge {
            return failure(
                .responseTooLarge,
                "the answer of \(host) is larger than \(transfer.request.responseBytesMax) bytes"
            )
        }
        if transfer.isBlocked {
            return failure(.blockedAddress, "\(host) stands for an address that must not be called")
        }
        if transfer.isContradictory {
            return failure(.badResponse, "the answer of \(host) has two lengths")
        }
        if transfer.wasUploadCut { return failure(.cancelled, "the body for \(host) broke off") }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return failure(.unresolvable, "the name \(host) does not resolve")
        case CURLE_COULDNT_CONNECT:
            return failure(.connectFailed, "\(host) does not accept connections")
        case CURLE_OPERATION_TIMEDOUT:
            return transfer.wasRequestBegun
                ? failure(.timeout, "\(host) did not answer in time")
                : failure(.connectFailed, "\(host) did not accept a connection in time")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE:
            return failure(.tlsFailed, "no trusted TLS connection with \(host)")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return failure(.badResponse, "the answer of \(host) is not HTTP")
        default:
            return failure(.connectionLost, "the connection with \(host) broke before the answer was whole")
        }
    }
}
