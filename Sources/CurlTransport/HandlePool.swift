import CCurl
import HTTPExchange

/// libcurl's handles for requests of one event loop, kept for the next request of the same identity and never for
/// another one's: a handle carries settings and TLS sessions from request to request.
///
/// At most about ``capacity`` handles wait: when the newer half is full the older half goes.
struct HandlePool {
    /// What handles are the same for.
    struct Key: Hashable {
        let identity: ConnectionIdentity
        let destination: OutboundRequest.Destination
        let scheme: String

        init(_ transfer: Transfer) {
            identity = transfer.request.identity
            destination = transfer.request.destination
            scheme = transfer.target.scheme
        }

        /// Whether the operator's host map sends a vendor's host to plain HTTP.
        var isPlainVendor: Bool { destination == .vendor && scheme == "http" }

        func hash(into hasher: inout Hasher) {
            // Certificates are compared, but too long to be hashed for each request.
            hasher.combine(identity.partition)
        }
    }

    private static let capacity = 512

    private let config: CurlConfig
    private var young: [Key: [EasyHandle]] = [:]
    private var old: [Key: [EasyHandle]] = [:]
    private var youngCount = 0
    /// The host names that libcurl was given.
    private var hostNames: Set<String> = []
    /// Given to libcurl for the sockets that outlive a request.
    var multiContext: UnsafeMutableRawPointer?

    init(_ config: CurlConfig) {
        self.config = config
    }

    /// Whether libcurl has been given as many names as it can bear.
    var isWornOut: Bool { hostNames.count >= config.hostNamesMax }

    /// A handle that is ready for a transfer.
    ///
    /// - Throws: `invalidRequest` when a header or the address cannot be sent.
    mutating func handle(for transfer: Transfer) throws(ExchangeError) -> EasyHandle {
        let key = Key(transfer)
        let handle: EasyHandle
        if let known = young[key]?.popLast() {
            youngCount -= 1
            handle = known
        } else if let known = old[key]?.popLast() {
            handle = known
        } else {
            handle = try EasyHandle(key, config, multiContext)
        }
        if let name = try handle.prepare(transfer) { hostNames.insert(name) }
        return handle
    }

    /// Keeps a handle for later.
    mutating func put(back handle: EasyHandle) {
        handle.release()
        if youngCount >= Self.capacity / 2 {
            old = young
            young = [:]
            youngCount = 0
        }
        young[handle.key, default: []].append(handle)
        youngCount += 1
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
        youngCount = 0
    }
}
