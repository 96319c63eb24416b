import CCurl
import Foundation
import HTTPExchange
import HTTPTypes

/// One libcurl handle: set up once for an identity, then prepared for one request after another of that identity.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let key: ConnectionPool.Key
    private let share: ConnectionShare
    /// What libcurl's callbacks write to.
    private(set) var transfer: Transfer?
    private let config: CurlConfig
    private let loopContext: UnsafeMutableRawPointer?
    private var hasFailed = false
    private var acceptsCompression = true
    /// The last request's header fields, and whether it had a body: most requests of an identity send the same.
    private var listed: (fields: HTTPFields, hasBody: Bool) = ([:], false)
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var connectToList: UnsafeMutablePointer<curl_slist>?
    private var lastPeer: (address: [CChar], port: Int)?
    private var routedHost = ""
    private var routedPort = 0

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
        check(tributary_curl_pointer(pointer, CURLOPT_SHARE, share.pointer))
        setGeneral()
        if key.scheme == "https" { setTLS() }
        setCallbacks()
        if hasFailed { throw Self.refused }
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        curl_slist_free_all(connectToList)
    }

    static let refused =
        ExchangeError(.invalidRequest, "libcurl refuses an option", requestMayHaveBeenSent: false)

    /// Sets everything that differs from request to request.
    ///
    /// - Throws: `invalidRequest` when a header cannot be sent.
    func prepare(_ transfer: Transfer) throws(ExchangeError) {
        let request = transfer.request
        self.transfer = transfer
        hasFailed = false
        set(CURLOPT_URL, transfer.target.url)
        setMethod(request)
        if request.acceptsCompression != acceptsCompression {
            acceptsCompression = request.acceptsCompression
            setCompression()
        }
        try setHeaders(request)
        setRoute(transfer)
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.totalTimeout))
        // A streamed answer may take long, but not by standing still.
        let standstill = max(30, Int((request.totalTimeout / .seconds(1)).rounded(.up)))
        set(CURLOPT_LOW_SPEED_LIMIT, transfer.isStreaming ? 1 : 0)
        set(CURLOPT_LOW_SPEED_TIME, transfer.isStreaming ? standstill : 0)
        // libcurl resends a request by itself when a kept-alive connection dies before the answer.
        let isAlone = transfer.isSentOnce
        set(CURLOPT_FRESH_CONNECT, isAlone)
        set(CURLOPT_FORBID_REUSE, isAlone)
        if hasFailed { throw Self.refused }
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
        transfer = nil
    }

    /// Ends the limit of the whole exchange, once the header fields of a streamed answer are there.
    func liftTotalTimeout() {
        set(CURLOPT_TIMEOUT_MS, Int(config.streamTimeout / .milliseconds(1)))
    }

    // MARK: Once

    private func setGeneral() {
        set(CURLOPT_NOSIGNAL, true)
        // A vendor's address is http only where the operator's host map made it so.
        set(CURLOPT_PROTOCOLS_STR, key.scheme)
        set(CURLOPT_FOLLOWLOCATION, false)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // The empty text also keeps libcurl from reading http_proxy and its kin.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_UNRESTRICTED_AUTH, false)
        set(CURLOPT_HTTP09_ALLOWED, false)
        set(CURLOPT_DNS_CACHE_TIMEOUT, 30)
        set(CURLOPT_TCP_NODELAY, true)
        set(CURLOPT_PATH_AS_IS, true)
        setCompression()
        set(CURLOPT_BUFFERSIZE, 128 * 1024)
    }

    private func setCompression() {
        set(CURLOPT_ACCEPT_ENCODING, acceptsCompression ? "gzip, deflate" : "identity")
    }

    private func setTLS() {
        set(CURLOPT_HTTP_VERSION, Int(key.identity.speaksHTTP1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_SSLVERSION, Int(key.identity.needsTLS13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, true)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSL_SESSIONID_CACHE, false)
        if let authority = key.identity.authorityPEM {
            check(tributary_curl_text(pointer, CURLOPT_CAINFO, nil))
            check(tributary_curl_blob(pointer, CURLOPT_CAINFO_BLOB, authority, authority.count))
        } else {
            set(CURLOPT_CAINFO, config.caFile ?? "/etc/ssl/certs/ca-certificates.crt")
        }
        // Debian's libcurl has a folder by default, and with any folder it parses all certificates for each connection.
        check(tributary_curl_text(pointer, CURLOPT_CAPATH, nil))
        guard let certificate = key.identity.clientCertificate else { return }
        // Chain and key as one text for both options: of the two libcurl compares the certificate alone.
        let pem = certificate.chainPEM + [UInt8(ascii: "\n")] + certificate.privateKeyPEM
        set(CURLOPT_SSLCERTTYPE, "PEM")
        set(CURLOPT_SSLKEYTYPE, "PEM")
        check(tributary_curl_blob(pointer, CURLOPT_SSLCERT_BLOB, pem, pem.count))
        check(tributary_curl_blob(pointer, CURLOPT_SSLKEY_BLOB, pem, pem.count))
    }

    private func setCallbacks() {
        // The pool or the transfer keeps this handle while libcurl has it.
        let context = Unmanaged.passUnretained(self).toOpaque()
        check(tributary_curl_pointer(pointer, CURLOPT_PRIVATE, context))
        check(tributary_curl_pointer(pointer, CURLOPT_WRITEDATA, context))
        check(tributary_curl_pointer(pointer, CURLOPT_HEADERDATA, context))
        check(tributary_curl_pointer(pointer, CURLOPT_READDATA, context))
        check(tributary_curl_pointer(pointer, CURLOPT_OPENSOCKETDATA, context))
        check(tributary_curl_pointer(pointer, CURLOPT_PREREQDATA, context))
        // A connection outlives the request that opened it, so its end is the loop's.
        check(tributary_curl_pointer(pointer, CURLOPT_CLOSESOCKETDATA, loopContext))
        setBodyCallbacks()
        setConnectionCallbacks()
    }

    private func setBodyCallbacks() {
        check(
            tributary_curl_write(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let transfer = EasyHandle.transfer(context) else { return 0 }
                switch transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) {
                case .taken: return size * count
                case .pause: return Int(CURL_WRITEFUNC_PAUSE)
                case .stop: return 0
                }
            }
        )
        check(
            tributary_curl_write(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let transfer = EasyHandle.transfer(context) else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.take(headerLine: line) ? size * count : 0
            }
        )
        check(
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
        check(
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
        check(
            tributary_curl_close_socket(pointer) { context, socket in
                if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().closing(socket) }
                return close(socket)
            }
        )
        check(
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

    // MARK: For each request

    private func setMethod(_ request: OutboundRequest) {
        let takesBody = [HTTPRequest.Method.post, .put, .patch].contains(request.method)
        // Takes back what an earlier request asked for.
        set(CURLOPT_HTTPGET, true)
        check(tributary_curl_text(pointer, CURLOPT_CUSTOMREQUEST, nil))
        if request.method == .head {
            set(CURLOPT_NOBODY, true)
        } else if let upload = request.upload {
            set(CURLOPT_UPLOAD, true)
            check(tributary_curl_size(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.length ?? -1)))
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        } else if let body = request.body ?? (takesBody ? [] : nil) {
            set(CURLOPT_POST, true)
            check(tributary_curl_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            check(tributary_curl_bytes(pointer, CURLOPT_COPYPOSTFIELDS, body.isEmpty ? [0] : body))
            if request.method != .post { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        } else if request.method != .get {
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func setHeaders(_ request: OutboundRequest) throws(ExchangeError) {
        let hasBody = request.body != nil || request.upload != nil || ![.get, .head].contains(request.method)
        guard hasBody != listed.hasBody || !request.headers.elementsEqual(listed.fields) else { return }
        check(tributary_curl_list(pointer, CURLOPT_HTTPHEADER, nil))
        curl_slist_free_all(headerList)
        headerList = nil
        listed = ([:], false)
        if hasBody {
            // libcurl would wait a second for a 100, and invent a content type.
            headerList = curl_slist_append(headerList, "Expect:")
            if request.headers[.contentType] == nil { headerList = curl_slist_append(headerList, "Content-Type:") }
        }
        for field in request.headers {
            let name = field.name.rawName
            // Checked as bytes: in a Swift string CR LF is one character that equals neither. libcurl sends header text as is.
            guard Self.isSendable(field.value) else {
                throw ExchangeError(
                    .invalidRequest,
                    "header \(name) holds a control character",
                    requestMayHaveBeenSent: false
                )
            }
            switch field.name {
            case .contentLength, .transferEncoding, .connection, .expect, Self.host:
                throw ExchangeError(
                    .invalidRequest,
                    "header \(name) is set by the transport",
                    requestMayHaveBeenSent: false
                )
            default: break
            }
            headerList = curl_slist_append(headerList, field.value.isEmpty ? name + ";" : name + ": " + field.value)
        }
        check(tributary_curl_list(pointer, CURLOPT_HTTPHEADER, headerList))
        listed = (request.headers, hasBody)
    }

    private static func isSendable(_ value: String) -> Bool {
        let bytes = value.utf8Span.span
        for index in bytes.indices where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            return false
        }
        return true
    }

    private static let host = HTTPField.Name("Host")

    /// Sends the connection where the operator's host map wants it.
    private func setRoute(_ transfer: Transfer) {
        let target = transfer.target
        guard target.host != routedHost || target.port != routedPort else { return }
        check(tributary_curl_list(pointer, CURLOPT_CONNECT_TO, nil))
        curl_slist_free_all(connectToList)
        connectToList = nil
        routedHost = target.host
        routedPort = target.port
        guard key.destination == .vendor, let entry = config.hostMapEntry(for: target.host) else { return }
        let address =
            entry.endpoint.address.bytes.count == 16 ? "[\(entry.endpoint.address)]" : "\(entry.endpoint.address)"
        connectToList = curl_slist_append(nil, "\(target.host):\(target.port):\(address):\(entry.endpoint.port)")
        check(tributary_curl_list(pointer, CURLOPT_CONNECT_TO, connectToList))
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        max(1, Int(duration / .milliseconds(1)))
    }

    // MARK: Options

    private func check(_ code: CURLcode) { if code != CURLE_OK { hasFailed = true } }
    private func set(_ option: CURLoption, _ value: Int) { check(tributary_curl_long(pointer, option, value)) }
    private func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }
    private func set(_ option: CURLoption, _ value: String) { check(tributary_curl_text(pointer, option, value)) }
}
