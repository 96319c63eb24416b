import CCurl
import Glibc
import HTTPExchange

/// One libcurl handle: set up once for an identity, then prepared for one request after another of that identity.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let key: ConnectionPool.Key
    private let share: ConnectionShare
    /// What libcurl's callbacks write to.
    private(set) var transfer: Transfer?
    private let config: CurlConfig
    private let loopContext: UnsafeMutableRawPointer?
    private var options: CurlOptions
    private let requestOptions: RequestOptions
    private var lastPeer: (address: [CChar], port: Int)?

    /// Sets up what all requests of an identity have in common.
    ///
    /// - Throws: `invalidRequest` when libcurl refuses an option or has no memory.
    init(
        _ key: ConnectionPool.Key,
        _ share: ConnectionShare,
        _ config: CurlConfig,
        _ loopContext: UnsafeMutableRawPointer?
    ) throws(ExchangeError) {
        guard let pointer = curl_easy_init() else {
            throw ExchangeError(.invalidRequest, "no memory for a request", requestMayHaveBeenSent: false)
        }
        self.pointer = pointer
        self.key = key
        self.share = share
        self.config = config
        self.loopContext = loopContext
        options = CurlOptions(of: pointer)
        do throws(ExchangeError) {
            requestOptions = try RequestOptions(of: pointer, key.destination, config)
        } catch {
            curl_easy_cleanup(pointer)
            throw error
        }
        options.set(CURLOPT_SHARE, pointer: share.pointer)
        setGeneral()
        if key.scheme == "https" { setTLS() }
        setCallbacks()
        if options.hasFailed { throw Self.refused }
    }

    deinit {
        curl_easy_cleanup(pointer)
    }

    static let refused =
        ExchangeError(.invalidRequest, "libcurl refuses an option", requestMayHaveBeenSent: false)

    /// Whether its options are known to be as they were wanted.
    var isUsable: Bool { !requestOptions.hasFailed }

    /// Sets everything that differs from request to request.
    ///
    /// - Throws: `invalidRequest` when a header cannot be sent.
    func prepare(_ transfer: Transfer) throws(ExchangeError) {
        self.transfer = transfer
        try requestOptions.apply(
            transfer.request,
            transfer.target,
            isStreaming: transfer.isStreaming,
            isAlone: transfer.isSentOnce
        )
    }

    /// Whether this is the machine that the egress policy allowed the handle's last request to reach.
    func isLastPeer(_ address: UnsafePointer<CChar>, _ port: Int) -> Bool {
        guard let lastPeer, lastPeer.port == port else { return false }
        return lastPeer.address.withUnsafeBufferPointer { known in
            known.baseAddress.map { strcmp($0, address) == 0 } ?? false
        }
    }

    /// Notes a machine that the egress policy allows.
    func noteLastPeer(_ address: UnsafePointer<CChar>, _ port: Int) {
        lastPeer = (Array(UnsafeBufferPointer(start: address, count: strlen(address) + 1)), port)
    }

    /// Lets go of the transfer that is over.
    func release() {
        if let transfer { requestOptions.note(answerBytes: transfer.bodyBytes) }
        transfer = nil
    }

    /// Ends the limit of the whole exchange, once the header fields of a streamed answer are there.
    func liftTotalTimeout() {
        requestOptions.liftTotalTimeout()
    }

    // MARK: Once

    private func setGeneral() {
        options.set(CURLOPT_NOSIGNAL, true)
        // A vendor's address is http only where the operator's host map made it so.
        options.set(CURLOPT_PROTOCOLS_STR, key.scheme)
        options.set(CURLOPT_FOLLOWLOCATION, false)
        options.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // The empty text also keeps libcurl from reading http_proxy and its kin.
        options.set(CURLOPT_PROXY, "")
        options.set(CURLOPT_NOPROXY, "*")
        options.set(CURLOPT_UNRESTRICTED_AUTH, false)
        options.set(CURLOPT_HTTP09_ALLOWED, false)
        options.set(CURLOPT_DNS_CACHE_TIMEOUT, 30)
        options.set(CURLOPT_TCP_NODELAY, true)
        options.set(CURLOPT_PATH_AS_IS, true)
    }

    private func setTLS() {
        let identity = key.identity
        options.set(CURLOPT_HTTP_VERSION, Int(identity.speaksHTTP1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        options.set(CURLOPT_SSLVERSION, Int(identity.needsTLS13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2))
        options.set(CURLOPT_SSL_VERIFYPEER, true)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        options.set(CURLOPT_SSL_SESSIONID_CACHE, false)
        if let authority = identity.authorityPEM {
            options.set(CURLOPT_CAINFO, nil as String?)
            options.set(CURLOPT_CAINFO_BLOB, copying: authority)
        } else {
            options.set(CURLOPT_CAINFO, config.caFile ?? "/etc/ssl/certs/ca-certificates.crt")
        }
        // Debian's libcurl has a folder by default, and with any folder it parses all certificates for each connection.
        options.set(CURLOPT_CAPATH, nil as String?)
        guard let certificate = identity.clientCertificate else { return }
        // Chain and key as one text for both options: of the two libcurl compares the certificate alone.
        let pem = certificate.chainPEM + [UInt8(ascii: "\n")] + certificate.privateKeyPEM
        options.set(CURLOPT_SSLCERTTYPE, "PEM")
        options.set(CURLOPT_SSLKEYTYPE, "PEM")
        options.set(CURLOPT_SSLCERT_BLOB, copying: pem)
        options.set(CURLOPT_SSLKEY_BLOB, copying: pem)
    }

    private func setCallbacks() {
        // The pool or the transfer keeps this handle while libcurl has it.
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(CURLOPT_PRIVATE, pointer: context)
        options.set(CURLOPT_WRITEDATA, pointer: context)
        options.set(CURLOPT_HEADERDATA, pointer: context)
        options.set(CURLOPT_READDATA, pointer: context)
        options.set(CURLOPT_OPENSOCKETDATA, pointer: context)
        options.set(CURLOPT_PREREQDATA, pointer: context)
        // A connection outlives the request that opened it, so its end is the loop's.
        options.set(CURLOPT_CLOSESOCKETDATA, pointer: loopContext)
        setBodyCallbacks()
        setConnectionCallbacks()
    }

    private func setBodyCallbacks() {
        options.check(
            tributary_curl_write(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let transfer = EasyHandle.transfer(context) else { return 0 }
                switch transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) {
                case .taken: return size * count
                case .pause: return Int(CURL_WRITEFUNC_PAUSE)
                case .stop: return 0
                }
            }
        )
        options.check(
            tributary_curl_write(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let transfer = EasyHandle.transfer(context) else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.take(headerLine: line) ? size * count : 0
            }
        )
        options.check(
            tributary_curl_write(pointer, CURLOPT_READFUNCTION) { bytes, size, count, context in
                guard let transfer = EasyHandle.transfer(context) else { return Int(CURL_READFUNC_ABORT) }
                switch transfer.give(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) {
                case .given(let count): return count
                case .pause: return Int(CURL_READFUNC_PAUSE)
                case .stop: return Int(CURL_READFUNC_ABORT)
                }
            }
        )
    }

    private func setConnectionCallbacks() {
        options.check(
            tributary_curl_open_socket(pointer) { context, _, address in
                guard let context, let address else { return -1 }
                let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
                var bytes = [UInt8](repeating: 0, count: 16)
                var port: UInt16 = 0
                let count = tributary_curl_address(address, &bytes, &port)
                let target = IPAddress(bytes: Array(bytes.prefix(Int(count))))
                guard handle.transfer?.mayConnect(to: target, port: Int(port)) == true else { return -1 }
                let socket = socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
                if let loop = handle.loopContext, socket >= 0 {
                    Unmanaged<CurlLoop>.fromOpaque(loop).takeUnretainedValue().opened(socket)
                }
                return socket
            }
        )
        options.check(
            tributary_curl_close_socket(pointer) { context, socket in
                if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().closing(socket) }
                return close(socket)
            }
        )
        options.check(
            tributary_curl_before_request(pointer) { context, address, _, port, _ in
                guard let address, let transfer = EasyHandle.transfer(context) else { return CURL_PREREQFUNC_ABORT }
                let isAllowed = transfer.mayBegin(on: address, port: Int(port))
                return isAllowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        )
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        guard let context else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer
    }
}
