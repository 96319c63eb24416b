import CCurl
import Foundation
import HTTPExchange
import HTTPTypes

/// Sets up a libcurl handle for one transfer.
///
/// Handles are never reused: they would carry TLS sessions and settings from one account to another.
enum EasyHandle {
    /// A handle ready to be added to the multi handle.
    ///
    /// - Throws: `invalidRequest` when a header or the address cannot be sent.
    static func make(_ transfer: Transfer, _ config: CurlConfig) throws(ExchangeError) -> UnsafeMutableRawPointer {
        guard let handle = curl_easy_init() else {
            throw ExchangeError(.invalidRequest, "no memory for a request", requestMayHaveBeenSent: false)
        }
        do throws(ExchangeError) {
            let options = Options(handle: handle)
            setGeneral(options, transfer)
            setTLS(options, transfer, config)
            setCallbacks(options, transfer)
            try setRequest(options, transfer)
            setDestination(options, transfer, config)
            guard !options.hasFailed else {
                throw ExchangeError(.invalidRequest, "libcurl refuses an option", requestMayHaveBeenSent: false)
            }
            return handle
        } catch {
            curl_easy_cleanup(handle)
            throw error
        }
    }

    /// Sets options and remembers whether one was refused.
    private final class Options {
        let handle: UnsafeMutableRawPointer
        private(set) var hasFailed = false

        init(handle: UnsafeMutableRawPointer) { self.handle = handle }

        func check(_ code: CURLcode) { if code != CURLE_OK { hasFailed = true } }
        func set(_ option: CURLoption, _ value: Int) { check(tributary_curl_long(handle, option, value)) }
        func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }
        func set(_ option: CURLoption, _ value: String?) { check(tributary_curl_text(handle, option, value)) }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        max(1, Int(duration / .milliseconds(1)))
    }

    private static func setGeneral(_ options: Options, _ transfer: Transfer) {
        options.set(CURLOPT_NOSIGNAL, true)
        options.set(CURLOPT_PROTOCOLS_STR, transfer.request.destination == .vendor ? "https" : "http,https")
        options.set(CURLOPT_FOLLOWLOCATION, false)
        options.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // The empty text also keeps libcurl from reading http_proxy and its kin.
        options.set(CURLOPT_PROXY, "")
        options.set(CURLOPT_NOPROXY, "*")
        options.set(CURLOPT_UNRESTRICTED_AUTH, false)
        options.set(CURLOPT_HTTP09_ALLOWED, false)
        options.set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
        options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(transfer.request.connectTimeout))
        options.set(CURLOPT_TIMEOUT_MS, milliseconds(transfer.request.totalTimeout))
        options.set(CURLOPT_DNS_CACHE_TIMEOUT, 30)
        options.set(CURLOPT_TCP_NODELAY, true)
        options.set(CURLOPT_PATH_AS_IS, true)
        options.set(CURLOPT_BUFFERSIZE, 128 * 1024)
        let sharesNothing =
            transfer.request.replay == .never
            // Plain HTTP has no TLS settings by which libcurl could keep identities apart.
            || (transfer.request.destination == .vendor && transfer.target.scheme == "http")
        if sharesNothing {
            // libcurl resends a request by itself when a kept-alive connection dies before the answer.
            options.set(CURLOPT_FRESH_CONNECT, true)
            options.set(CURLOPT_FORBID_REUSE, true)
        }
    }

    private static func setTLS(_ options: Options, _ transfer: Transfer, _ config: CurlConfig) {
        options.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        options.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        options.set(CURLOPT_SSL_VERIFYPEER, true)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        options.set(CURLOPT_SSL_SESSIONID_CACHE, false)
        options.set(CURLOPT_CAINFO, config.caFile ?? "/etc/ssl/certs/ca-certificates.crt")
        // libcurl compares this path when it looks for a connection to reuse, so a path of its own per identity splits
        // the pool. The folder does not exist, so no certificate comes from it.
        options.set(CURLOPT_CAPATH, "/nonexistent/" + transfer.request.identity.partition)
        guard let certificate = transfer.request.identity.clientCertificate else { return }
        // Chain, key and identity as one text for both options: of the two only the certificate is compared.
        let pem =
            certificate.chainPEM + [UInt8(ascii: "\n")] + certificate.privateKeyPEM
            + Array("\n# acct:\(transfer.request.identity.partition)\n".utf8)
        options.set(CURLOPT_SSLCERTTYPE, "PEM")
        options.set(CURLOPT_SSLKEYTYPE, "PEM")
        options.check(tributary_curl_blob(options.handle, CURLOPT_SSLCERT_BLOB, pem, pem.count))
        options.check(tributary_curl_blob(options.handle, CURLOPT_SSLKEY_BLOB, pem, pem.count))
    }

    private static func setCallbacks(_ options: Options, _ transfer: Transfer) {
        // The driver keeps the transfer until the handle is gone.
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        options.check(tributary_curl_pointer(options.handle, CURLOPT_PRIVATE, context))
        options.check(tributary_curl_pointer(options.handle, CURLOPT_WRITEDATA, context))
        options.check(tributary_curl_pointer(options.handle, CURLOPT_HEADERDATA, context))
        options.check(tributary_curl_pointer(options.handle, CURLOPT_OPENSOCKETDATA, context))
        options.check(tributary_curl_pointer(options.handle, CURLOPT_PREREQDATA, context))
        options.check(
            tributary_curl_write(options.handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                switch transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) {
                case .taken: return size * count
                case .pause: return Int(CURL_WRITEFUNC_PAUSE)
                case .stop: return 0
                }
            }
        )
        options.check(
            tributary_curl_write(options.handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.take(headerLine: line) ? size * count : 0
            }
        )
        options.check(
            tributary_curl_open_socket(options.handle) { context, _, address in
                guard let context, let address else { return -1 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                var bytes = [UInt8](repeating: 0, count: 16)
                var port: UInt16 = 0
                let count = tributary_curl_address(address, &bytes, &port)
                guard transfer.mayConnect(to: IPAddress(bytes: Array(bytes.prefix(Int(count)))), port: Int(port)) else {
                    return -1
                }
                return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
            }
        )
        options.check(
            tributary_curl_before_request(options.handle) { context, address, _, port, _ in
                guard let context, let address else { return CURL_PREREQFUNC_ABORT }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let isAllowed = transfer.mayBegin(on: IPAddress(String(cString: address)), port: Int(port))
                return isAllowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        )
    }

    private static func setRequest(_ options: Options, _ transfer: Transfer) throws(ExchangeError) {
        let request = transfer.request
        options.set(CURLOPT_URL, transfer.target.url)
        let takesBody = [HTTPRequest.Method.post, .put, .patch].contains(request.method)
        if request.method == .head {
            options.set(CURLOPT_NOBODY, true)
        } else if let body = request.body ?? (takesBody ? [] : nil) {
            options.set(CURLOPT_POST, true)
            options.check(tributary_curl_size(options.handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            options.check(tributary_curl_bytes(options.handle, CURLOPT_COPYPOSTFIELDS, body.isEmpty ? [0] : body))
            if request.method != .post { options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        } else if request.method != .get {
            options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        // libcurl would wait a second for a 100, and invent a content type.
        var lines = ["Expect:"]
        if request.headers[.contentType] == nil { lines.append("Content-Type:") }
        for field in request.headers {
            let name = field.name.rawName
            // Checked as bytes: in a Swift string CR LF is one character that equals neither. libcurl sends header text as is.
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw ExchangeError(
                    .invalidRequest,
                    "header \(name) holds a control character",
                    requestMayHaveBeenSent: false
                )
            }
            guard !["host", "content-length", "transfer-encoding", "connection", "expect"].contains(name.lowercased())
            else {
                throw ExchangeError(
                    .invalidRequest,
                    "header \(name) is set by the transport",
                    requestMayHaveBeenSent: false
                )
            }
            lines.append(field.value.isEmpty ? "\(name);" : "\(name): \(field.value)")
        }
        for line in lines { transfer.headerList = curl_slist_append(transfer.headerList, line) }
        options.check(tributary_curl_list(options.handle, CURLOPT_HTTPHEADER, transfer.headerList))
    }

    private static func setDestination(_ options: Options, _ transfer: Transfer, _ config: CurlConfig) {
        guard transfer.request.destination == .vendor,
            let entry = config.hostMap.first(where: { $0.matches(transfer.target.host) })
        else { return }
        let address =
            entry.endpoint.address.bytes.count == 16 ? "[\(entry.endpoint.address)]" : "\(entry.endpoint.address)"
        transfer.connectToList = curl_slist_append(
            nil,
            "\(transfer.target.host):\(transfer.target.port):\(address):\(entry.endpoint.port)"
        )
        options.check(tributary_curl_list(options.handle, CURLOPT_CONNECT_TO, transfer.connectToList))
    }
}
