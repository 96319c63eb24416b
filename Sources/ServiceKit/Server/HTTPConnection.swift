import HTTPTypes
import NIOCore
import NIOHTTP1
import Vocabulary

/// One connection of a client: reads one request at a time, hands it over whole, writes the answer, and closes when a
/// limit is passed.
///
/// ```
///            first byte            head                   end                       written
///   idle ─────────────► readingHead ────► readingBody ────────────► answering ───────────────► idle
///     │ idleTimeout         │ headerTimeout    │ bodyTimeout, too large   │ deadline, writeTimeout, close
///     ▼                     ▼                  ▼                          ▼
///   closed ◄──────────────────────────────── lingering (answer sent, output closed, input thrown away)
/// ```
/// While a request is answered nothing more is read, so that a client cannot pile up requests; what had arrived already
/// waits in `waiting`. Everything here runs on the connection's event loop.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection tells its task.
    enum Event: Sendable {
        /// A whole request to answer.
        case request(ReceivedRequest)
        /// Nobody waits for the answer of the current request any more, and stopping it halfway does no harm.
        case abandoned
    }

    /// A whole request.
    struct ReceivedRequest: Sendable {
        /// Tells the answers of one connection apart.
        let number: Int
        /// What is known from its head.
        let admission: Admission
        /// Its body.
        let body: [UInt8]
    }

    private enum Phase {
        case idle
        case readingHead
        case readingBody(Admission, [UInt8], swallowed: Int)
        case answering(Answer)
        case lingering(bytesLeft: Int)
        case closed
    }

    private struct Answer {
        let number: Int
        let admission: Admission?
        var hasStarted = false
        var closes: Bool
        var lingers = false
        var framing = ResponseWire.Framing.none
        var buffered = 0
    }

    private enum Waiting {
        case part(HTTPServerRequestPart)
        case fault(Problem)
    }

    /// The most of a refused body that is read and thrown away so that the connection can go on.
    private static let swallowedBytesMax = 64 * 1024

    private let responder: EndpointResponder
    private let limits: ApplicationConfig.Limits
    private let date: HTTPDate
    private let events: AsyncStream<Event>.Continuation
    private var phase = Phase.idle
    private var deadline = NIODeadline.distantFuture
    private var ticks: RepeatedTask?
    private var waiting: CircularBuffer<Waiting> = []
    private var isReadWanted = false
    private var isDraining = false
    private var number = 0
    private var context: ChannelHandlerContext?

    /// Prepares a connection.
    init(responder: EndpointResponder, date: HTTPDate, events: AsyncStream<Event>.Continuation) {
        self.responder = responder
        self.limits = responder.limits
        self.date = date
        self.events = events
    }

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = .now() + TimeAmount(limits.headerTimeout)
        let interval = TimeAmount(limits.tick)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .answering(let answer) = phase { abandon(answer) }
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
        if case .answering = phase { return waiting.append(.fault(problem)) }
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
        ticks?.cancel()
        waiting.removeAll()
        events.finish()
    }

    /// Looks at the time.
    private func tick() {
        guard let context else { return }
        let now = NIODeadline.now()
        if case .answering(let answer) = phase, answer.hasStarted { return checkProgress(answer, now, context) }
        guard now > deadline else { return }
        switch phase {
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
        events.yield(.abandoned)
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
        if case .answering = phase {
            waiting.append(.part(part))
        } else {
            consume(part)
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = phase {
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
        var admission = responder.admit(head)
        if admission.refusal == nil, let length = head.contentLength, length > admission.bodyBytesMax {
            admission.refusal = responder.tooLarge(admission)
        }
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
            refuse(responder.tooLarge(admission), admission)
        } else {
            body.append(contentsOf: piece.readableBytesView)
            phase = .readingBody(admission, body, swallowed: 0)
        }
    }

    private func finish(_ admission: Admission, _ body: [UInt8]) {
        number += 1
        let answer = Answer(number: number, admission: admission, closes: isDraining || !admission.head.keepsAlive)
        phase = .answering(answer)
        if let refusal = admission.refusal {
            return write(responder.refusal(refusal, admission), closes: answer.closes, answer)
        }
        deadline = .now() + TimeAmount(admission.deadline - .now)
        events.yield(.request(ReceivedRequest(number: number, admission: admission, body: body)))
    }

    /// Answers what cannot be read to its end, and closes.
    private func refuse(_ problem: Problem, _ admission: Admission?) {
        number += 1
        var answer = Answer(number: number, admission: admission, closes: true)
        answer.lingers = true
        write(responder.refusal(problem, admission), closes: true, answer)
    }

    // MARK: Writing

    /// Writes a whole answer, unless the request of that number is over.
    func answer(_ response: EndpointResponse, to number: Int) {
        guard case .answering(let answer) = phase, answer.number == number, !answer.hasStarted else { return }
        write(response, closes: answer.closes, answer)
    }

    private func write(_ response: EndpointResponse, closes: Bool, _ answer: Answer) {
        guard let context else { return }
        let bytes: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        let isHead = answer.admission?.head.method == .head
        let hasBody = response.status != 204 && response.status != 304
        var answer = answer
        answer.framing = hasBody ? .length(bytes.count) : .none
        var buffer = start(response, &answer, closes, extraCapacity: isHead ? 0 : bytes.count, context)
        if hasBody, !isHead { buffer.writeBytes(bytes) }
        writeLast(buffer, answer, context)
    }

    /// Writes the head of an answer whose body follows in pieces.
    ///
    /// - Returns: whether the pieces are wanted.
    func begin(_ response: EndpointResponse, to number: Int) -> Bool {
        guard let context, case .answering(var answer) = phase, answer.number == number, !answer.hasStarted,
            let head = answer.admission?.head
        else { return false }
        answer.framing = head.takesChunks ? .chunks : .close
        if answer.framing == .close { answer.closes = true }
        let buffer = start(response, &answer, answer.closes, extraCapacity: 0, context)
        if head.method == .head {
            writeLast(buffer, answer, context)
            return false
        }
        phase = .answering(answer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        return true
    }

    /// Writes one piece; `promise` succeeds when the system has taken it.
    func send(_ piece: [UInt8], to number: Int, _ promise: EventLoopPromise<Void>) {
        guard let context, case .answering(let answer) = phase, answer.number == number, answer.hasStarted else {
            return promise.fail(ChannelError.ioOnClosedChannel)
        }
        var buffer = context.channel.allocator.buffer(capacity: piece.count + 32)
        if answer.framing == .chunks {
            ResponseWire.writeChunk(piece, into: &buffer)
        } else {
            buffer.writeBytes(piece)
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }

    /// Ends a body in pieces: properly, or by breaking the connection so that the receiver sees it is not whole.
    func end(_ number: Int, isWhole: Bool) {
        guard let context, case .answering(let answer) = phase, answer.number == number, answer.hasStarted else {
            return
        }
        guard isWhole else { return context.close(promise: nil) }
        let end = answer.framing == .chunks ? ByteBuffer(staticString: ResponseWire.lastChunk) : ByteBuffer()
        writeLast(end, answer, context)
    }

    private func start(
        _ response: EndpointResponse,
        _ answer: inout Answer,
        _ closes: Bool,
        extraCapacity: Int,
        _ context: ChannelHandlerContext
    ) -> ByteBuffer {
        answer.hasStarted = true
        answer.closes = closes
        deadline = .now() + TimeAmount(limits.writeTimeout)
        var buffer = context.channel.allocator.buffer(capacity: 512 + extraCapacity)
        ResponseWire.writeHead(
            status: response.status,
            headers: response.headers,
            framing: answer.framing,
            closes: closes,
            date: date.text(),
            into: &buffer
        )
        return buffer
    }

    private func writeLast(_ buffer: ByteBuffer, _ answer: Answer, _ context: ChannelHandlerContext) {
        phase = .answering(answer)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let number = answer.number
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in bound.value.written(number) }
    }

    /// Goes on with the next request, or closes.
    private func written(_ number: Int) {
        guard let context, case .answering(let answer) = phase, answer.number == number else { return }
        guard !answer.closes, !isDraining else {
            return answer.lingers ? linger(context) : context.close(promise: nil)
        }
        phase = .idle
        deadline = .now() + TimeAmount(limits.idleTimeout)
        while let next = waiting.popFirst() {
            switch next {
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
        phase = .lingering(bytesLeft: Self.swallowedBytesMax)
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
