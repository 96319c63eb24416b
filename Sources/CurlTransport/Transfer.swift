import CCurl
import HTTPExchange
import HTTPTypes
import Synchronization

/// One exchange under way: what libcurl's callbacks write and what the caller waits for.
///
/// Everything but `mailbox` is touched on the driver's thread alone, from the start of the transfer to its end.
final class Transfer: @unchecked Sendable {
    // Sendable: see above; the mailbox is guarded by its Mutex.
    let id: Int
    let request: OutboundRequest
    let target: RequestTarget
    let policy: EgressPolicy
    let isStreaming: Bool

    var handle: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    var connectToList: UnsafeMutablePointer<curl_slist>?
    private(set) var blockedAddress: IPAddress?
    private(set) var isTooLarge = false
    private(set) var isContradictory = false
    private(set) var wasRequestBegun = false
    private var status = 0
    private var headers = HTTPFields()
    private var headerBytes = 0
    private var isBodyBegun = false
    private var bodyBytes = 0

    private static let headerBytesMax = 256 * 1024
    /// Bytes that a slow reader lets pile up before the vendor is made to wait.
    private static let pileBytesMax = 256 * 1024

    private struct Mailbox {
        var body: [UInt8] = []
        var isPaused = false
        var end: Result<Void, ExchangeError>?
        var onHead: CheckedContinuation<Result<StreamedResponse, ExchangeError>, Never>?
        var onWhole: CheckedContinuation<Result<InboundResponse, ExchangeError>, Never>?
        var onPiece: CheckedContinuation<Result<[UInt8]?, ExchangeError>, Never>?
    }

    private let mailbox = Mutex(Mailbox())
    private let makeStream: @Sendable (Transfer) -> AsyncThrowingStream<[UInt8], any Error>

    init(
        id: Int,
        request: OutboundRequest,
        target: RequestTarget,
        policy: EgressPolicy,
        isStreaming: Bool,
        makeStream: @escaping @Sendable (Transfer) -> AsyncThrowingStream<[UInt8], any Error>
    ) {
        self.id = id
        self.request = request
        self.target = target
        self.policy = policy
        self.isStreaming = isStreaming
        self.makeStream = makeStream
    }

    // MARK: The caller's side

    func awaitWhole(_ continuation: CheckedContinuation<Result<InboundResponse, ExchangeError>, Never>) {
        mailbox.withLock { $0.onWhole = continuation }
    }

    func awaitHead(_ continuation: CheckedContinuation<Result<StreamedResponse, ExchangeError>, Never>) {
        mailbox.withLock { $0.onHead = continuation }
    }

    /// The next piece of a streamed body, nil at its end.
    ///
    /// `resume` is called when the vendor was made to wait.
    func nextPiece(resume: () -> Void) async throws(ExchangeError) -> [UInt8]? {
        let wasPaused = mailbox.withLock { mailbox in
            defer { mailbox.isPaused = false }
            return mailbox.isPaused
        }
        if wasPaused { resume() }
        return try await withCheckedContinuation { continuation in
            let ready: Result<[UInt8]?, ExchangeError>? = mailbox.withLock { mailbox in
                if !mailbox.body.isEmpty {
                    defer { mailbox.body = [] }
                    return .success(mailbox.body)
                }
                if let end = mailbox.end { return end.map { nil } }
                mailbox.onPiece = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }.get()
    }

    // MARK: libcurl's side

    /// Whether a socket to `address` may be opened.
    func mayConnect(to address: IPAddress?, port: Int) -> Bool {
        guard request.destination == .vendor else { return true }
        if let address, policy.allows(address, port: port) { return true }
        blockedAddress = address
        return false
    }

    /// Called before each request is written, also on a kept-alive connection.
    func mayBegin(on address: IPAddress?, port: Int) -> Bool {
        guard mayConnect(to: address, port: port) else { return false }
        wasRequestBegun = true
        return true
    }

    /// Takes one header line; false ends the transfer.
    func take(headerLine line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.headerBytesMax else {
            isTooLarge = true
            return false
        }
        // What comes after the body are trailers.
        guard !isBodyBegun else { return true }
        var text = Substring(Self.text(line))
        while let last = text.utf8.last, last == 13 || last == 10 { text = text.dropLast() }
        if text.utf8.starts(with: "HTTP/".utf8) {
            // A new status line: what came before belonged to a 1xx answer.
            headers = HTTPFields()
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if text.isEmpty {
            if status >= 200, isStreaming { announceHead() }
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(text[..<colon]))
        {
            let value = text[text.utf8.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            // libcurl takes the last of several lengths; an answer that contradicts itself is none (RFC 9112 section 6.3).
            if name == .contentLength, let known = headers[.contentLength], known != value {
                isContradictory = true
                return false
            }
            headers.append(HTTPField(name: name, value: String(value)))
        }
        return true
    }

    enum Intake {
        case taken, pause, stop
    }

    /// Takes decoded body bytes.
    ///
    /// The count is of what was decoded, so that a small compressed body cannot become a large one.
    func take(body bytes: UnsafeRawBufferPointer) -> Intake {
        isBodyBegun = true
        guard isStreaming else {
            bodyBytes += bytes.count
            guard bodyBytes <= request.responseBytesMax else {
                isTooLarge = true
                return .stop
            }
            mailbox.withLock { $0.body.append(contentsOf: bytes) }
            return .taken
        }
        let (mustPause, waiting) = mailbox.withLock {
            mailbox -> (Bool, CheckedContinuation<Result<[UInt8]?, ExchangeError>, Never>?) in
            if let waiting = mailbox.onPiece {
                mailbox.onPiece = nil
                return (false, waiting)
            }
            if mailbox.body.count >= Self.pileBytesMax {
                mailbox.isPaused = true
                return (true, nil)
            }
            mailbox.body.append(contentsOf: bytes)
            return (false, nil)
        }
        if mustPause { return .pause }
        bodyBytes += bytes.count
        guard bodyBytes <= request.responseBytesMax else {
            isTooLarge = true
            if let waiting {
                mailbox.withLock { $0.onPiece = waiting }
            }
            return .stop
        }
        waiting?.resume(returning: .success(Array(bytes)))
        return .taken
    }

    /// Ends the exchange for the caller.
    func finish(_ result: Result<Bool, ExchangeError>) {
        let end = result.map { _ in }
        if isStreaming { if case .success = result { announceHead() } }
        let (whole, head, piece, body) = mailbox.withLock { mailbox in
            mailbox.end = end
            defer {
                mailbox.onWhole = nil
                mailbox.onHead = nil
                mailbox.onPiece = nil
            }
            return (mailbox.onWhole, mailbox.onHead, mailbox.onPiece, isStreaming ? [] : mailbox.body)
        }
        whole?.resume(
            returning: result.map { wasReused in
                InboundResponse(status: status, headers: decodedHeaders(), body: body, reusedConnection: wasReused)
            }
        )
        if let head, case .failure(let error) = result { head.resume(returning: .failure(error)) }
        piece?.resume(returning: end.map { nil })
    }

    private func announceHead() {
        let waiting = mailbox.withLock { mailbox in
            defer { mailbox.onHead = nil }
            return mailbox.onHead
        }
        waiting?.resume(
            returning: .success(
                StreamedResponse(status: status, headers: decodedHeaders(), body: makeStream(self))
            )
        )
    }

    /// The header fields of the body as it is handed over, which is no longer compressed.
    private func decodedHeaders() -> HTTPFields {
        guard headers[.contentEncoding] != nil else { return headers }
        var fields = headers
        fields[.contentEncoding] = nil
        fields[.contentLength] = nil
        return fields
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        // Header fields are bytes; what is not UTF-8 is read as ISO 8859-1 (RFC 9110 section 5.5).
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
