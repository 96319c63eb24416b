import CCurl
import HTTPExchange
import HTTPTypes
import Synchronization

/// One exchange under way: what libcurl's callbacks write and what the caller waits for.
final class Transfer: @unchecked Sendable {
    // Sendable: everything but `isCancelled` is set before the start or touched on the loop's thread alone.
    let request: OutboundRequest
    let target: RequestTarget
    let policy: EgressPolicy
    let isStreaming: Bool
    let loop: CurlLoop
    let isCancelled = Atomic(false)

    /// What carries it out, and where that came from.
    var handle: EasyHandle?
    var pool: ConnectionPool?
    /// Where the loop has it, while it has it.
    var place: Int?
    var isNoted = false
    private(set) var isBlocked = false
    private(set) var isTooLarge = false
    private(set) var wasRequestBegun = false
    private(set) var wasUploadCut = false
    /// Whether the answer says two things about its own length (RFC 9112 section 6.3).
    private(set) var isContradictory = false

    private var head = ResponseHead()
    private var isBodyBegun = false
    private var isHeadDone = false
    private(set) var bodyBytes = 0
    /// What arrived and was not handed over yet.
    private var pile: [UInt8] = []
    private var pipe: BytePipe?
    private var isReceivingPaused = false
    private var isSendingPaused = false
    private var onWhole: CheckedContinuation<Result<InboundResponse, ExchangeError>, Never>?
    private var onHead: CheckedContinuation<Result<StreamedResponse, ExchangeError>, Never>?

    /// Bytes that a slow reader lets pile up before the vendor is made to wait.
    private static let pileBytesMax = 256 * 1024

    init(_ request: OutboundRequest, _ target: RequestTarget, _ policy: EgressPolicy, on loop: CurlLoop, streams: Bool)
    {
        self.request = request
        self.target = target
        self.policy = policy
        self.loop = loop
        isStreaming = streams
    }

    /// Whether the request must never go out twice.
    var isSentOnce: Bool { request.replay == .never || request.upload != nil }

    // MARK: The caller's side, before the start

    func awaitWhole(_ continuation: CheckedContinuation<Result<InboundResponse, ExchangeError>, Never>) {
        onWhole = continuation
    }

    func awaitHead(_ continuation: CheckedContinuation<Result<StreamedResponse, ExchangeError>, Never>) {
        onHead = continuation
    }

    /// Prepares the body's way into the transfer.
    func watchUpload() {
        guard let upload = request.upload else { return }
        upload.pipe.onBytes { [weak self] in
            guard let self else { return }
            loop.resume(self)
        }
    }

    // MARK: libcurl's side

    /// Whether a socket to `address` may be opened.
    func mayConnect(to address: IPAddress?, port: Int) -> Bool {
        guard request.destination == .vendor else { return true }
        guard let address, policy.allows(address, port: port) else {
            isBlocked = true
            return false
        }
        return true
    }

    /// Called before each request is written, also on a kept-alive connection.
    func mayBegin(on address: UnsafePointer<CChar>, port: Int) -> Bool {
        // libcurl would send it again by itself.
        guard !wasRequestBegun || !isSentOnce else { return false }
        if request.destination == .vendor, handle?.isLastPeer(address, port) != true {
            guard mayConnect(to: IPAddress(String(cString: address)), port: port) else { return false }
            handle?.noteLastPeer(address, port)
        }
        wasRequestBegun = true
        return true
    }

    /// Takes one header line; false ends the transfer.
    func take(headerLine line: UnsafeRawBufferPointer) -> Bool {
        switch head.take(Span(_unsafeBytes: line), isTrailer: isBodyBegun) {
        case .part: break
        case .end: endHead()
        case .contradiction:
            isContradictory = true
            return false
        case .excess:
            isTooLarge = true
            return false
        }
        return true
    }

    private func endHead() {
        isHeadDone = true
        if isStreaming { loop.note(self) }
        if let length = head.decodedLength {
            pile.reserveCapacity(min(max(0, length), isStreaming ? Self.pileBytesMax : request.responseBytesMax))
        }
    }

    enum Intake {
        case taken, pause, stop
    }

    /// Takes decoded body bytes.
    ///
    /// The count is of what was decoded, so that a small compressed body cannot become a large one.
    func take(body bytes: UnsafeRawBufferPointer) -> Intake {
        isBodyBegun = true
        if isStreaming {
            if pile.count >= Self.pileBytesMax || pipe?.hasRoom == false {
                isReceivingPaused = true
                loop.note(self)
                return .pause
            }
            loop.note(self)
        }
        bodyBytes += bytes.count
        guard bodyBytes <= request.responseBytesMax else {
            isTooLarge = true
            return .stop
        }
        pile.append(contentsOf: bytes)
        return .taken
    }

    enum Supply {
        case given(Int)
        case pause, stop
    }

    /// Gives bytes of the body that is uploaded.
    func give(into room: UnsafeMutableRawBufferPointer) -> Supply {
        guard let upload = request.upload else { return .given(0) }
        switch upload.pipe.take(atMost: room.count) {
        case .bytes(let bytes):
            room.copyBytes(from: bytes)
            return .given(bytes.count)
        case .later:
            isSendingPaused = true
            return .pause
        case .end: return .given(0)
        case .failed:
            wasUploadCut = true
            return .stop
        }
    }

    // MARK: Between libcurl's callbacks

    /// Goes on with what was made to wait, when it needs to wait no longer.
    func goOn() {
        guard let handle, isReceivingPaused || isSendingPaused else { return }
        if pipe?.hasRoom != false, pile.count < Self.pileBytesMax { isReceivingPaused = false }
        isSendingPaused = false
        curl_easy_pause(handle.pointer, isReceivingPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
    }

    /// Hands over what arrived, to a reader of pieces.
    func handOver() {
        isNoted = false
        guard isStreaming, isHeadDone else { return }
        announceHead(whole: false)
        guard let pipe, !pile.isEmpty else { return }
        let hasRoom = pipe.write(pile)
        pile = []
        // The pipe tells when there is room, but only when it had none.
        if isReceivingPaused, hasRoom { loop.resume(self) }
    }

    /// Ends the exchange for the caller.
    func finish(_ result: Result<Bool, ExchangeError>) {
        request.upload?.pipe.onBytes(nil)
        if isStreaming {
            finishStream(result)
        } else if let onWhole {
            self.onWhole = nil
            onWhole.resume(
                returning: result.map { wasReused in
                    InboundResponse(
                        status: head.status,
                        headers: head.fields,
                        body: pile,
                        reusedConnection: wasReused
                    )
                }
            )
        }
    }

    private func finishStream(_ result: Result<Bool, ExchangeError>) {
        switch result {
        case .success:
            announceHead(whole: true)
            if let pipe, !pile.isEmpty { pipe.write(pile) }
            pipe?.finish()
        case .failure(let error):
            if let onHead {
                self.onHead = nil
                onHead.resume(returning: .failure(error))
            }
            if let pipe, !pile.isEmpty { pipe.write(pile) }
            pipe?.finish(throwing: error)
        }
        pile = []
    }

    private func announceHead(whole: Bool) {
        guard let onHead else { return }
        self.onHead = nil
        let body: StreamedResponse.Body
        if whole {
            body = .whole(pile)
            pile = []
        } else {
            handle?.liftTotalTimeout()
            let pipe = BytePipe(capacity: Self.pileBytesMax)
            self.pipe = pipe
            pipe.onWriter { [weak self] signal in
                guard let self else { return }
                switch signal {
                case .room: loop.resume(self)
                case .abandoned: loop.cancel(self)
                }
            }
            body = .pieces(ByteStream(pipe, length: request.method == .head ? nil : head.decodedLength))
        }
        onHead.resume(returning: .success(StreamedResponse(status: head.status, headers: head.fields, body: body)))
    }
}
