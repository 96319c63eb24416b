import HTTPExchange
import HTTPTypes
import NIOCore
import NIOHTTP1
import Vocabulary

/// One connection of a client: reads one request at a time, hands it over, writes the answer, and closes when a limit
/// is passed.
///
/// ```
///            first byte            head                   end                       written
///   idle ─────────────► readingHead ────► readingBody ────────────► answering ───────────────► idle
///     │ idleTimeout         │ headerTimeout    │ bodyTimeout, too large   │ deadline, writeTimeout, close
///     ▼                     ▼                  ▼                          ▼
///   closed ◄──────────────────────────────── lingering (answer sent, output closed, input thrown away)
/// ```
/// While a request is answered nothing more is read, so that a client cannot pile up requests; what had arrived already
/// waits in `waiting`. A large body of an endpoint that takes it while it arrives goes from `readingBody` to `answering`
/// before its end: its pieces go into a pipe, and are read only as long as the pipe has room.
/// Everything here runs on the connection's event loop.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request to answer.
    struct ReceivedRequest: Sendable {
        /// Tells the answers of one connection apart.
        let number: Int
        /// What is known from its head.
        let admission: Admission
        /// Its whole body, or none of it when there is an upload.
        let body: [UInt8]
        /// Its body while it arrives.
        var upload: ByteStream?
    }

    enum Phase {
        case idle
        case readingHead
        case readingBody(Admission, [UInt8], swallowed: Int)
        case answering(Answer)
        case lingering(bytesLeft: Int)
        case closed
    }

    struct Answer {
        let number: Int
        let admission: Admission?
        var hasStarted = false
        var closes: Bool
        var lingers = false
        var framing = ResponseWire.Framing.none
        var buffered = 0
        var sent = 0
        /// The way of a body that is still arriving, and how much of it did.
        var upload: (pipe: BytePipe, received: Int)?
    }

    private enum Waiting {
        case part(HTTPServerRequestPart)
        case fault(Problem)
    }

    /// The most of a refused body that is read and thrown away so that the connection can go on.
    static let swallowedBytesMax = 64 * 1024
    /// The most that is thrown away behind a last answer, which a reset would take from a client that still sends.
    static let lingeredBytesMax = 8 * 1024 * 1024

    let loop: ServerLoop
    var phase = Phase.idle
    var deadline = NIODeadline.distantFuture
    /// The body of an answer that is handed on as it arrives.
    var outflow: ByteStream?
    var isFlowing = false
    var context: ChannelHandlerContext?
    private(set) var isDraining = false
    private var waiting: [Waiting] = []
    private var isReadWanted = false
    private var number = 0
    /// The task that answers, to be cancelled when nobody waits for its answer; nil outside of its life.
    private var task: UnsafeCurrentTask?

    private var responder: EndpointResponder { loop.responder }
    private var limits: ApplicationConfig.Limits { loop.responder.limits }

    /// Prepares a connection.
    init(_ loop: ServerLoop) {
        self.loop = loop
    }

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = .now() + TimeAmount(limits.headerTimeout)
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .answering(let answer) = phase {
            answer.upload?.pipe.finish(throwing: Self.clientLeft)
            abandon(answer)
        }
        close()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        let problem =
            switch error {
            case .headerOverflow:
                Problem(
                    .headerTooLarge,
                    "the header fields are larger than \(limits.headerBytesMax) bytes or \(limits.headerCountMax) fields"
                )
            default: Problem(.invalidRequest, "the request is not well-formed HTTP/1.1")
            }
        if case .answering(var answer) = phase {
            guard let upload = answer.upload else { return waiting.append(.fault(problem)) }
            upload.pipe.finish(throwing: problem)
            answer.closes = true
            answer.lingers = true
            phase = .answering(answer)
            return
        }
        refuse(problem, nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is DrainEvent else { return context.fireUserInboundEventTriggered(event) }
        isDraining = true
        switch phase {
        case .idle: context.close(promise: nil)
        case .answering(var answer):
            answer.closes = true
            phase = .answering(answer)
        default: break
        }
    }

    private func close() {
        if case .closed = phase { return }
        phase = .closed
        loop.remove(self)
        waiting = []
        outflow = nil
    }

    private static let clientLeft =
        ExchangeError(.cancelled, "the client went away within its body", requestMayHaveBeenSent: true)

    /// Looks at the time.
    func tick(_ now: NIODeadline) {
        guard let context else { return }
        if case .answering(let answer) = phase, answer.hasStarted { return checkProgress(answer, now, context) }
        guard now > deadline else { return }
        switch phase {
        case .answering(let answer) where answer.upload != nil:
            answer.upload?.pipe.finish(throwing: Self.clientLeft)
            let problem = Problem(.invalidRequest, "the body did not go on within \(limits.bodyTimeout)")
            write(responder.refusal(problem, answer.admission), closes: true, answer)
        case .answering(let answer):
            abandon(answer)
            let problem = Problem(.serviceUnavailable, "the answer was not ready within the time for this request")
            write(responder.refusal(problem, answer.admission), closes: true, answer)
        case .readingBody(let admission, _, _):
            refuse(Problem(.invalidRequest, "the body did not arrive within \(limits.bodyTimeout)"), admission)
        default: context.close(promise: nil)
        }
    }

    /// Closes when the receiver takes nothing of an answer that waits to be sent.
    private func checkProgress(_ answer: Answer, _ now: NIODeadline, _ context: ChannelHandlerContext) {
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        // What the vendor does not send is not the receiver's fault; the transport ends it.
        guard buffered > 0, buffered == answer.buffered else {
            var answer = answer
            answer.buffered = buffered
            phase = .answering(answer)
            deadline = now + TimeAmount(limits.writeTimeout)
            return
        }
        if now > deadline { context.close(promise: nil) }
    }

    private func abandon(_ answer: Answer) {
        guard let method = answer.admission?.head.method, method == .get || method == .head else { return }
        task?.cancel()
    }

    /// The task that answers the request of that number begins.
    func began(_ task: UnsafeCurrentTask?, _ number: Int) {
        guard case .answering(let answer) = phase, answer.number == number else {
            task?.cancel()
            return
        }
        self.task = task
    }

    /// It ends.
    func ended(_ number: Int) {
        if number == self.number { task = nil }
    }

    // MARK: Reading

    /// Takes note of bytes before they are decoded; false when they are to be thrown away.
    func arrived(_ count: Int) -> Bool {
        switch phase {
        case .idle:
            phase = .readingHead
            deadline = .now() + TimeAmount(limits.headerTimeout)
            return true
        case .lingering(let bytesLeft):
            phase = .lingering(bytesLeft: bytesLeft - count)
            if bytesLeft < count { context?.close(promise: nil) }
            return false
        case .closed: return false
        default: return true
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .answering(let answer) = phase {
            if let upload = answer.upload { return consume(part, upload, answer) }
            waiting.append(.part(part))
        } else {
            consume(part)
        }
    }

    func read(context: ChannelHandlerContext) {
        // A client that waits for its answer sends nothing, so the socket stays watched until something comes early.
        if case .answering(let answer) = phase, answer.upload?.pipe.hasRoom == false || !waiting.isEmpty {
            isReadWanted = true
        } else {
            context.read()
        }
    }

    private func consume(_ part: HTTPServerRequestPart) {
        switch (part, phase) {
        case (.head(let head), .idle), (.head(let head), .readingHead): consume(head)
        case (.body(let piece), .readingBody(let admission, let body, let swallowed)):
            phase = .idle  // leaves the body with one owner, so that appending does not copy it
            consume(piece, admission, body, swallowed)
        case (.end, .readingBody(let admission, let body, _)): finish(admission, body)
        default: break
        }
    }

    private func consume(_ decoded: HTTPRequestHead) {
        let head: RequestHead
        do {
            head = try RequestHead(decoded, targetBytesMax: limits.targetBytesMax)
        } catch {
            return refuse(Problem(.invalidRequest, error.message), nil)
        }
        let admission = responder.admit(head)
        if let refusal = admission.refusal {
            let length = head.contentLength ?? .max
            if length > Self.swallowedBytesMax || (head.expectsContinue && length > 0) {
                return refuse(refusal, admission)
            }
        } else if head.expectsContinue, head.contentLength != 0, let context {
            context.writeAndFlush(
                wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")),
                promise: nil
            )
        }
        var body: [UInt8] = []
        if admission.refusal == nil { body.reserveCapacity(min(head.contentLength ?? 0, 64 * 1024)) }
        phase = .readingBody(admission, body, swallowed: 0)
        deadline = .now() + TimeAmount(limits.bodyTimeout)
    }

    private func consume(_ piece: ByteBuffer, _ admission: Admission, _ body: consuming [UInt8], _ swallowed: Int) {
        if let refusal = admission.refusal {
            let swallowed = swallowed + piece.readableBytes
            if swallowed > Self.swallowedBytesMax { return refuse(refusal, admission) }
            phase = .readingBody(admission, body, swallowed: swallowed)
        } else if body.count + piece.readableBytes > admission.bodyBytesMax {
            refuse(responder.tooLarge(admission.bodyBytesMax), admission)
        } else {
            body.append(contentsOf: piece.readableBytesView)
            if let limit = admission.endpoint?.value.body?.streamsFrom,
                max(body.count, admission.head.contentLength ?? 0) > limit
            {
                beginUpload(admission, body)
            } else {
                phase = .readingBody(admission, body, swallowed: 0)
            }
        }
    }

    /// Hands a request over whose body goes on arriving.
    private func beginUpload(_ admission: Admission, _ start: [UInt8]) {
        number += 1
        let pipe = BytePipe()
        pipe.write(start)
        if let context {
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            let eventLoop = context.eventLoop
            pipe.onWriter { _ in eventLoop.execute { bound.value.goOnReading() } }
        }
        phase = .answering(
            Answer(
                number: number,
                admission: admission,
                closes: isDraining || !admission.head.keepsAlive,
                upload: (pipe, start.count)
            )
        )
        deadline = .now() + TimeAmount(limits.bodyTimeout)
        let stream = ByteStream(pipe, length: admission.head.contentLength)
        loop.answer(ReceivedRequest(number: number, admission: admission, body: [], upload: stream), of: self)
    }

    /// Takes a part of a body whose request is being answered.
    private func consume(_ part: HTTPServerRequestPart, _ upload: (pipe: BytePipe, received: Int), _ answer: Answer) {
        var answer = answer
        switch part {
        case .head: return
        case .body(let piece):
            let received = upload.received + piece.readableBytes
            answer.upload?.received = received
            if let admission = answer.admission, received > admission.bodyBytesMax {
                upload.pipe.finish(throwing: responder.tooLarge(admission.bodyBytesMax))
                answer.closes = true
                answer.lingers = true
            } else {
                upload.pipe.write(Array(piece.readableBytesView))
            }
            if !answer.hasStarted { deadline = .now() + TimeAmount(limits.bodyTimeout) }
        case .end:
            upload.pipe.finish()
            answer.upload = nil
            if !answer.hasStarted { deadline = .now() + TimeAmount(limits.requestTimeout) }
        }
        phase = .answering(answer)
    }

    /// The upload has room again, or nobody wants it any more.
    private func goOnReading() {
        guard isReadWanted, let context, case .answering(let answer) = phase, answer.upload != nil else { return }
        isReadWanted = false
        context.read()
    }

    private func finish(_ admission: Admission, _ body: [UInt8]) {
        number += 1
        let answer = Answer(number: number, admission: admission, closes: isDraining || !admission.head.keepsAlive)
        phase = .answering(answer)
        if let refusal = admission.refusal {
            return write(responder.refusal(refusal, admission), closes: answer.closes, answer)
        }
        deadline = .now() + TimeAmount(admission.deadline - .now)
        loop.answer(ReceivedRequest(number: number, admission: admission, body: body), of: self)
    }

    /// Answers what cannot be read to its end, and closes.
    private func refuse(_ problem: Problem, _ admission: Admission?) {
        number += 1
        var answer = Answer(number: number, admission: admission, closes: true)
        answer.lingers = true
        write(responder.refusal(problem, admission), closes: true, answer)
    }

    // MARK: After the answer

    /// Goes on with the next request, or closes.
    func written(_ number: Int) {
        guard let context, case .answering(let answer) = phase, answer.number == number else { return }
        guard !answer.closes, !isDraining, answer.upload == nil else {
            // A body that nobody takes to its end leaves no place where the next request begins.
            return answer.lingers || answer.upload != nil ? linger(context) : context.close(promise: nil)
        }
        phase = .idle
        deadline = .now() + TimeAmount(limits.idleTimeout)
        while !waiting.isEmpty {
            switch waiting.removeFirst() {
            case .part(let part): consume(part)
            case .fault(let problem): refuse(problem, nil)
            }
            if case .answering = phase { return }
        }
        if isReadWanted {
            isReadWanted = false
            context.read()
        }
    }

    /// Closes the output and throws away some input, so that the client reads the answer before it sees a reset.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .lingering(bytesLeft: Self.lingeredBytesMax)
        deadline = .now() + .seconds(2)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.close(mode: .output).whenFailure { _ in bound.value.close(promise: nil) }
        isReadWanted = false
        context.read()
    }
}

/// Stands before the decoder and tells the connection when bytes arrive.
final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.arrived(unwrapInboundIn(data).readableBytes) { context.fireChannelRead(data) }
    }
}

extension ApplicationConfig.Limits {
    /// How often a connection looks at the time: often enough for the shortest limit.
    var tick: Duration {
        let shortest = [headerTimeout, bodyTimeout, idleTimeout, writeTimeout, requestTimeout].min() ?? .seconds(4)
        return min(.seconds(1), shortest / 4)
    }
}
