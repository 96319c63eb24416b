package import HTTPTypes

/// Who a connection belongs to.
///
/// Two requests share a connection, a TLS session or a client certificate only when their identities are equal.
package struct ConnectionIdentity: Sendable, Hashable {
    /// A client certificate for mutual TLS: chain and private key as PEM.
    package struct ClientCertificate: Sendable, Hashable {
        /// Certificate chain (leaf first) in PEM.
        package let chainPEM: [UInt8]
        /// Unencrypted private key in PEM.
        package let privateKeyPEM: [UInt8]

        /// Wraps PEM bytes.
        package init(chainPEM: [UInt8], privateKeyPEM: [UInt8]) {
            self.chainPEM = chainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    /// Partition of the connection pool, such as an account id.
    ///
    /// Printable ASCII.
    package let partition: String
    /// Presented to the server when it asks.
    package let clientCertificate: ClientCertificate?
    /// Certificates in PEM that are trusted in place of the public ones; nil for those.
    package let authorityPEM: [UInt8]?
    /// Whether HTTP/1.1 is spoken, instead of the newest version that both sides know.
    package let speaksHTTP1: Bool
    /// Whether TLS 1.3 is the oldest that is taken, instead of 1.2.
    package let needsTLS13: Bool

    /// Names an identity.
    package init(
        partition: String,
        clientCertificate: ClientCertificate? = nil,
        authorityPEM: [UInt8]? = nil,
        speaksHTTP1: Bool = false,
        needsTLS13: Bool = false
    ) {
        self.partition = partition
        self.clientCertificate = clientCertificate
        self.authorityPEM = authorityPEM
        self.speaksHTTP1 = speaksHTTP1
        self.needsTLS13 = needsTLS13
    }
}

/// A request to be sent to another machine, with all that bounds it.
package struct OutboundRequest: Sendable {
    /// Which redirects are followed.
    package struct Redirects: Sendable {
        /// A 3xx answer is given back as it is.
        package static let none = Redirects(limit: 0) { _ in false }

        /// How many follow each other at most; one more is an error.
        package let limit: Int
        /// Whether a host may be asked that is not the one before: by https, without a body, without the client
        /// certificate and with the harmless header fields alone; a redirect to any other is an error.
        ///
        /// Within one scheme, host and port the request goes on as it is.
        package let allowsHost: @Sendable (_ host: String) -> Bool

        /// Allows up to `limit` redirects.
        package init(limit: Int, allowsHost: @escaping @Sendable (_ host: String) -> Bool) {
            self.limit = limit
            self.allowsHost = allowsHost
        }
    }

    /// Whether the request may be sent a second time when a kept-alive connection dies before an answer.
    package enum Replay: Sendable, Equatable {
        /// Safe to repeat (RFC 9110 section 9.2.2).
        case allowed
        /// Sent at most once, on a fresh connection that is closed afterwards (token calls, vendor writes).
        case never
    }

    /// Which addresses the request may reach.
    package enum Destination: Sendable, Equatable {
        /// A vendor: public addresses by the egress policy, with the operator's host map.
        case vendor
        /// Another service of this installation: its configured address, no egress policy.
        case service
    }

    /// Method, in upper case.
    package var method: HTTPRequest.Method
    /// Absolute `http` or `https` address.
    package var url: String
    /// Header fields as sent.
    package var headers: HeaderFields
    /// Body, or nil for none.
    package var body: [UInt8]?
    /// Body that is sent while it arrives, instead of ``body``; such a request is sent at most once.
    package var upload: ByteStream?
    /// Who the connection belongs to.
    package var identity: ConnectionIdentity
    /// Which addresses it may reach.
    package var destination: Destination
    /// Whether it may be repeated by the transport.
    package var replay: Replay
    /// Which redirects are followed.
    package var redirects: Redirects
    /// Limit of the connect and TLS phase.
    package var connectTimeout: Duration
    /// Limit of the whole exchange; of a streamed one, the limit until its header fields are there.
    package var totalTimeout: Duration
    /// Limit of the decoded response body in bytes.
    package var responseBytesMax: Int
    /// Whether a compressed answer is asked for, which arrives decompressed.
    package var acceptsCompression: Bool

    /// Describes a request; the defaults are those of an interactive vendor read.
    package init(
        method: HTTPRequest.Method,
        url: String,
        headers: HeaderFields = [:],
        body: [UInt8]? = nil,
        upload: ByteStream? = nil,
        identity: ConnectionIdentity,
        destination: Destination = .vendor,
        replay: Replay = .allowed,
        redirects: Redirects = .none,
        connectTimeout: Duration = .seconds(5),
        totalTimeout: Duration = .seconds(30),
        responseBytesMax: Int = 32 * 1024 * 1024,
        acceptsCompression: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.upload = upload
        self.identity = identity
        self.destination = destination
        self.replay = replay
        self.redirects = redirects
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.responseBytesMax = responseBytesMax
        self.acceptsCompression = acceptsCompression
    }
}

/// A whole answer.
package struct InboundResponse: Sendable {
    /// HTTP status, 200...599.
    package var status: Int
    /// Header fields, in the order received.
    package var headers: HeaderFields
    /// Decoded body.
    package var body: [UInt8]
    /// Whether the connection had served an earlier request.
    package var reusedConnection: Bool

    /// Describes an answer.
    package init(status: Int, headers: HeaderFields = [:], body: [UInt8] = [], reusedConnection: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.reusedConnection = reusedConnection
    }
}

/// An answer whose body arrives piece by piece.
///
/// Dropping its body closes the connection.
package struct StreamedResponse: Sendable {
    /// What follows the header fields.
    package enum Body: Sendable {
        /// All of it, when it was there together with the header fields.
        case whole([UInt8])
        /// Decoded pieces, with backpressure; ends with an ``ExchangeError`` when the connection fails.
        case pieces(ByteStream)
    }

    /// HTTP status, 200...599.
    package var status: Int
    /// Header fields, in the order received.
    package var headers: HeaderFields
    /// What follows them.
    package var body: Body

    /// Describes an answer.
    package init(status: Int, headers: HeaderFields, body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as one value.
    ///
    /// - Parameter limit: in bytes.
    /// - Returns: nil when there is more.
    /// - Throws: ``ExchangeError`` when the connection fails before the end.
    package func collected(upTo limit: Int) async throws -> [UInt8]? {
        switch body {
        case .whole(let bytes): bytes.count <= limit ? bytes : nil
        case .pieces(let stream): try await stream.collected(upTo: limit)
        }
    }
}

extension StreamedResponse.Body: AsyncSequence {
    package typealias Element = [UInt8]

    /// Walks over the pieces; a whole body is one.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var whole: [UInt8]?
        fileprivate let stream: ByteStream?

        package mutating func next() async throws -> [UInt8]? {
            guard let stream else {
                defer { whole = nil }
                return whole
            }
            return try await stream.next()
        }
    }

    /// The pieces from here on.
    package func makeAsyncIterator() -> Iterator {
        switch self {
        case .whole(let bytes): Iterator(whole: bytes.isEmpty ? nil : bytes, stream: nil)
        case .pieces(let stream): Iterator(whole: nil, stream: stream)
        }
    }
}

/// Why no whole answer came.
package struct ExchangeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed set of reasons.
    package enum Reason: String, Sendable, CaseIterable {
        /// The request itself cannot be sent: bad address, header or method.
        case invalidRequest
        /// The egress policy refuses the host or the address behind it.
        case blockedAddress
        /// The name does not resolve.
        case unresolvable
        /// No connection within the time.
        case connectFailed
        /// The TLS handshake or the certificate check failed.
        case tlsFailed
        /// Time ran out after the connection stood.
        case timeout
        /// The connection broke before the answer was whole.
        case connectionLost
        /// The answer is larger than the limit.
        case responseTooLarge
        /// What came is not HTTP, or its framing contradicts itself.
        case badResponse
        /// A redirect led where the request may not go, or there were too many.
        case redirectRefused
        /// The caller gave up.
        case cancelled
    }

    /// Why.
    package let reason: Reason
    /// Safe for a caller: names the host, never a path, query, header or body.
    package let message: String
    /// Whether any byte of the request may have reached the server, so that a write may have happened.
    package let requestMayHaveBeenSent: Bool

    /// Describes a failure.
    package init(_ reason: Reason, _ message: String, requestMayHaveBeenSent: Bool) {
        self.reason = reason
        self.message = message
        self.requestMayHaveBeenSent = requestMayHaveBeenSent
    }

    package var description: String { "\(reason.rawValue): \(message)" }
}

/// Sends requests.
///
/// `CurlTransport` implements it; tests use a scripted one.
package protocol HTTPSender: Sendable {
    /// Sends `request` and collects the whole answer. Any status is an answer, not an error.
    ///
    /// - Throws: ``ExchangeError`` when no whole answer came. Cancelling the task ends the exchange.
    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse

    /// Sends `request` and hands the answer over as soon as its header fields are there.
    ///
    /// - Throws: ``ExchangeError`` when no header fields came.
    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse
}
