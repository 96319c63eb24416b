import CCurl
import HTTPExchange

/// The connections of one identity: a share object of libcurl's that no other identity's handle is ever attached to.
///
/// So libcurl cannot take another one's connection whatever it compares, and what it looks through for each request is
/// this identity's alone. Ends, with its connections, after the last handle that is attached to it.
final class ConnectionShare {
    let pointer: UnsafeMutableRawPointer

    /// Makes an empty one.
    ///
    /// - Throws: `invalidRequest` when libcurl has no memory.
    init() throws(ExchangeError) {
        guard let pointer = tributary_curl_share_of_connections() else { throw EasyHandle.refused }
        self.pointer = pointer
    }

    deinit {
        curl_share_cleanup(pointer)
    }
}

/// An identity's connections with libcurl's handles that wait for its next request.
final class ConnectionPool {
    /// What requests must have in common to share connections.
    struct Key: Hashable {
        let identity: ConnectionIdentity
        let destination: OutboundRequest.Destination
        let scheme: String

        init(_ transfer: Transfer) {
            identity = transfer.request.identity
            destination = transfer.request.destination
            scheme = transfer.target.scheme
        }

        func hash(into hasher: inout Hasher) {
            // Certificates are compared, but too long to be hashed for each request.
            hasher.combine(identity.partition)
        }
    }

    private let key: Key
    private let share: ConnectionShare
    private var waiting: [EasyHandle] = []

    init(_ key: Key) throws(ExchangeError) {
        let partition = key.identity.partition
        guard !partition.isEmpty, partition.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
        else {
            throw ExchangeError(
                .invalidRequest,
                "the connection's partition is not a word of printable ASCII",
                requestMayHaveBeenSent: false
            )
        }
        self.key = key
        share = try ConnectionShare()
    }

    /// A handle for a request, to be given back after it.
    ///
    /// - Throws: `invalidRequest` when libcurl refuses an option or has no memory.
    func take(_ config: CurlConfig, _ loopContext: UnsafeMutableRawPointer?) throws(ExchangeError) -> EasyHandle {
        if let handle = waiting.popLast() { return handle }
        return try EasyHandle(key, share, config, loopContext)
    }

    /// Keeps a handle for the next request, unless libcurl refused something of it.
    func giveBack(_ handle: EasyHandle) {
        if handle.isUsable { waiting.append(handle) }
    }
}

/// The pools of one event loop: those that were used last, as many as ``CurlConfig/poolsMax`` and
/// ``CurlConfig/idleConnectionsMax`` allow.
///
/// When the newer half is full the older half goes, with its idle connections.
struct ConnectionPools {
    private let config: CurlConfig
    private var young: [ConnectionPool.Key: ConnectionPool] = [:]
    private var old: [ConnectionPool.Key: ConnectionPool] = [:]

    init(_ config: CurlConfig) {
        self.config = config
    }

    /// The pool that a transfer belongs to.
    mutating func pool(for transfer: Transfer) throws(ExchangeError) -> ConnectionPool {
        let key = ConnectionPool.Key(transfer)
        if let pool = young[key] { return pool }
        let pool: ConnectionPool
        if let known = old[key] { pool = known } else { pool = try ConnectionPool(key) }
        if young.count >= config.poolsMax / 2 { dropOlder() }
        young[key] = pool
        return pool
    }

    /// Lets go of the pools that were not used since the newer half began.
    mutating func dropOlder() {
        old = young
        young = [:]
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
