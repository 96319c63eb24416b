import CCurl
import HTTPExchange
import HTTPTypes

/// The options of a libcurl handle that differ from request to request.
///
/// Most requests of an identity want the same of nearly all of them, so each is set only when it changes.
final class RequestOptions {
    private let handle: UnsafeMutableRawPointer
    private let destination: OutboundRequest.Destination
    private let config: CurlConfig
    private var options: CurlOptions

    /// What libcurl copies the address from: scheme, host and port, taken apart once for all requests to them.
    private let address: OpaquePointer
    private var origin: RequestTarget?
    private var connectToList: UnsafeMutablePointer<curl_slist>?
    private var path: String?

    private var isPlainGet = true
    private var acceptsCompression: Bool?
    private var listed: Listed?
    private var headerList: UnsafeMutablePointer<curl_slist>?

    private var connectTimeout: Duration?
    private var totalTimeout: Duration?
    private var standstill: Duration?
    private var isAlone: Bool?
    private var readBytes = 0
    private var lastAnswerBytes = 0

    /// What the list of header fields was made from.
    private struct Listed {
        let fields: HeaderFields
        let hasBody: Bool
    }

    /// How much is read at once: no more than the allocator has at hand, with the byte that libcurl adds, until an answer
    /// was larger than that.
    private static let usualReadBytes = 32 * 1024 - 1
    private static let largeReadBytes = 128 * 1024

    /// For a handle that ends before these options do.
    ///
    /// - Throws: `invalidRequest` when libcurl has no memory.
    init(
        of handle: UnsafeMutableRawPointer,
        _ destination: OutboundRequest.Destination,
        _ config: CurlConfig
    ) throws(ExchangeError) {
        guard let address = curl_url() else { throw EasyHandle.refused }
        self.address = address
        self.handle = handle
        self.destination = destination
        self.config = config
        options = CurlOptions(of: handle)
    }

    deinit {
        curl_url_cleanup(address)
        curl_slist_free_all(headerList)
        curl_slist_free_all(connectToList)
    }

    /// Whether libcurl refused one, so that the others are not what is noted here.
    var hasFailed: Bool { options.hasFailed }

    /// Sets everything for a request.
    ///
    /// - Throws: `invalidRequest` when a header cannot be sent or libcurl refuses an option.
    func apply(_ request: OutboundRequest, _ target: RequestTarget, isStreaming: Bool, isAlone: Bool)
        throws(ExchangeError)
    {
        setTarget(target)
        setMethod(request)
        try setHeaders(request)
        setLimits(request, isStreaming: isStreaming)
        if isAlone != self.isAlone {
            // libcurl resends a request by itself when a kept-alive connection dies before the answer.
            self.isAlone = isAlone
            options.set(CURLOPT_FRESH_CONNECT, isAlone)
            options.set(CURLOPT_FORBID_REUSE, isAlone)
        }
        if options.hasFailed { throw EasyHandle.refused }
    }

    /// Ends the limit of the whole exchange, once the header fields of a streamed answer are there.
    func liftTotalTimeout() {
        totalTimeout = nil
        options.set(CURLOPT_TIMEOUT_MS, Self.milliseconds(config.streamTimeout))
    }

    /// Notes how long an answer was.
    func note(answerBytes: Int) {
        lastAnswerBytes = answerBytes
    }

    // MARK: Where to

    private func setTarget(_ target: RequestTarget) {
        if origin?.hasSameOrigin(as: target) != true { setOrigin(target) }
        guard target.path != path else { return }
        path = target.path
        options.set(CURLOPT_REQUEST_TARGET, target.path)
    }

    private func setOrigin(_ target: RequestTarget) {
        origin = target
        let text = target.origin
        if curl_url_set(address, CURLUPART_URL, text, 0) != CURLUE_OK { options.check(CURLE_URL_MALFORMAT) }
        // A copy of it has no zone, so an address in brackets is read from the text.
        options.set(CURLOPT_CURLU, pointer: target.host.hasPrefix("[") ? nil : UnsafeMutableRawPointer(address))
        // For the repetition of a request on a new connection libcurl reads the text again.
        options.set(CURLOPT_URL, text)
        setRoute(target)
    }

    /// Sends the connection where the operator's host map wants it.
    private func setRoute(_ target: RequestTarget) {
        options.set(CURLOPT_CONNECT_TO, nil as UnsafeMutablePointer<curl_slist>?)
        curl_slist_free_all(connectToList)
        connectToList = nil
        guard destination == .vendor, let entry = config.hostMapEntry(for: target.host) else { return }
        let address =
            entry.endpoint.address.bytes.count == 16 ? "[\(entry.endpoint.address)]" : "\(entry.endpoint.address)"
        connectToList = curl_slist_append(nil, "\(target.host):\(target.port):\(address):\(entry.endpoint.port)")
        options.set(CURLOPT_CONNECT_TO, connectToList)
    }

    // MARK: What

    private func setMethod(_ request: OutboundRequest) {
        let isGet = request.method == .get && request.body == nil && request.upload == nil
        if isGet, isPlainGet { return }
        isPlainGet = isGet
        let takesBody = [HTTPRequest.Method.post, .put, .patch].contains(request.method)
        // Takes back what an earlier request asked for.
        options.set(CURLOPT_HTTPGET, true)
        options.set(CURLOPT_CUSTOMREQUEST, nil as String?)
        if request.method == .head {
            options.set(CURLOPT_NOBODY, true)
        } else if let upload = request.upload {
            options.set(CURLOPT_UPLOAD, true)
            options.set(CURLOPT_INFILESIZE_LARGE, size: upload.length ?? -1)
            options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        } else if let body = request.body ?? (takesBody ? [] : nil) {
            options.set(CURLOPT_POST, true)
            options.set(CURLOPT_POSTFIELDSIZE_LARGE, size: body.count)
            options.check(tributary_curl_bytes(handle, CURLOPT_COPYPOSTFIELDS, body.isEmpty ? [0] : body))
            if request.method != .post { options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        } else if request.method != .get {
            options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func setHeaders(_ request: OutboundRequest) throws(ExchangeError) {
        let coding = request.acceptsCompression ? "gzip" : "identity"
        let isOtherCoding = request.acceptsCompression != acceptsCompression
        if isOtherCoding {
            // Lets what is compressed arrive decompressed; the field itself is one of the list.
            acceptsCompression = request.acceptsCompression
            options.set(CURLOPT_ACCEPT_ENCODING, coding)
        }
        let hasBody =
            request.body != nil || request.upload != nil || request.method != .get && request.method != .head
        if !isOtherCoding, let listed, listed.hasBody == hasBody, request.headers.isIdentical(to: listed.fields) {
            return
        }
        options.set(CURLOPT_HTTPHEADER, nil as UnsafeMutablePointer<curl_slist>?)
        curl_slist_free_all(headerList)
        headerList = nil
        listed = nil
        if hasBody {
            // libcurl would wait a second for a 100, and invent a content type.
            append("Expect:")
            if request.headers[.contentType] == nil { append("Content-Type:") }
        }
        // libcurl writes its own field of this name twice before it is sent.
        if request.headers[.acceptEncoding] == nil { append("Accept-Encoding: \(coding)") }
        for field in request.headers { try append(field) }
        options.set(CURLOPT_HTTPHEADER, headerList)
        listed = Listed(fields: request.headers, hasBody: hasBody)
    }

    private func append(_ line: String) {
        headerList = curl_slist_append(headerList, line)
    }

    private func append(_ field: HeaderField) throws(ExchangeError) {
        let name = field.name.rawName
        // As bytes: in a Swift string CR LF is one character that equals neither. libcurl sends header text as it is.
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
        append(field.value.isEmpty ? name + ";" : name + ": " + field.value)
    }

    private static func isSendable(_ value: String) -> Bool {
        let bytes = value.utf8Span.span
        for index in bytes.indices where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            return false
        }
        return true
    }

    private static let host = HTTPField.Name("Host")

    // MARK: How long

    private func setLimits(_ request: OutboundRequest, isStreaming: Bool) {
        if request.connectTimeout != connectTimeout {
            connectTimeout = request.connectTimeout
            options.set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        }
        if request.totalTimeout != totalTimeout {
            totalTimeout = request.totalTimeout
            options.set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.totalTimeout))
        }
        // A streamed answer may take long, but not by standing still.
        let standstill: Duration = isStreaming ? max(.seconds(30), request.totalTimeout) : .zero
        if standstill != self.standstill {
            self.standstill = standstill
            options.set(CURLOPT_LOW_SPEED_LIMIT, isStreaming ? 1 : 0)
            options.set(CURLOPT_LOW_SPEED_TIME, Int((standstill / .seconds(1)).rounded(.up)))
        }
        let readBytes = lastAnswerBytes > Self.usualReadBytes ? Self.largeReadBytes : Self.usualReadBytes
        // Refused while a connection of HTTP/2 that others use still has the handle's buffer; then that one does.
        if readBytes != self.readBytes, tributary_curl_long(handle, CURLOPT_BUFFERSIZE, readBytes) == CURLE_OK {
            self.readBytes = readBytes
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        max(1, Int(duration / .milliseconds(1)))
    }
}
