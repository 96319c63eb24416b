import HTTPExchange
import HTTPTypes
import NIOCore

/// How a connection writes answers.
extension HTTPConnection {
    /// Writes a whole answer, unless the request of that number is over.
    func answer(_ response: EndpointResponse, to number: Int) {
        guard case .answering(let answer) = phase, answer.number == number, !answer.hasStarted else { return }
        if case .pipe(let stream) = response.body { return flow(stream, response, answer) }
        write(response, closes: answer.closes, answer)
    }

    func write(_ response: EndpointResponse, closes: Bool, _ answer: Answer) {
        guard let context else { return }
        let bytes: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        let isHead = answer.admission?.head.method == .head
        let hasBody = response.status != 204 && response.status != 304
        var answer = answer
        answer.framing = hasBody ? .length(isHead ? response.headLength ?? bytes.count : bytes.count) : .none
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

    /// Writes one piece; succeeds when the system has taken it.
    func send(_ piece: [UInt8], to number: Int) -> EventLoopFuture<Void> {
        guard let context, case .answering(let answer) = phase, answer.number == number, answer.hasStarted else {
            return loop.failed(ChannelError.ioOnClosedChannel)
        }
        return context.writeAndFlush(wrapOutboundOut(framed(piece, answer, context)))
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
        deadline = .now() + TimeAmount(loop.responder.limits.writeTimeout)
        let head = ResponseWire.head(
            status: response.status,
            headers: response.headers,
            trace: answer.admission?.trace,
            framing: answer.framing,
            closes: closes,
            date: loop.date.text()
        )
        var buffer = context.channel.allocator.buffer(capacity: head.count + extraCapacity)
        buffer.writeBytes(head)
        return buffer
    }

    private func writeLast(_ buffer: ByteBuffer, _ answer: Answer, _ context: ChannelHandlerContext) {
        phase = .answering(answer)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let number = answer.number
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in bound.value.written(number) }
    }
}

/// How a connection hands on a body as it arrives.
extension HTTPConnection {
    /// Writes the head of an answer and then its pieces: as many as the client takes, when the client takes them.
    private func flow(_ stream: ByteStream, _ response: EndpointResponse, _ answer: Answer) {
        guard let context, let head = answer.admission?.head else { return }
        var answer = answer
        let hasBody = response.status != 204 && response.status != 304 && head.method != .head
        if !hasBody {
            answer.framing = head.method == .head ? stream.length.map { .length($0) } ?? .none : .none
        } else if let length = stream.length {
            answer.framing = .length(length)
        } else {
            answer.framing = head.takesChunks ? .chunks : .close
            if answer.framing == .close { answer.closes = true }
        }
        let buffer = start(response, &answer, answer.closes, extraCapacity: 0, context)
        guard hasBody else { return writeLast(buffer, answer, context) }
        phase = .answering(answer)
        outflow = stream
        context.write(wrapOutboundOut(buffer), promise: nil)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        stream.pipe.onBytes {
            if eventLoop.inEventLoop {
                bound.value.goOnFlowing()
            } else {
                eventLoop.execute { bound.value.goOnFlowing() }
            }
        }
        context.flush()
    }

    /// Writes what there is as long as the client takes it.
    func goOnFlowing() {
        guard !isFlowing, let context, let stream = outflow else { return }
        isFlowing = true
        defer { isFlowing = false }
        var hasWritten = false
        while context.channel.isWritable, case .answering(var answer) = phase {
            switch stream.pipe.take() {
            case .bytes(let piece):
                answer.sent += piece.count
                phase = .answering(answer)
                context.write(wrapOutboundOut(framed(piece, answer, context)), promise: nil)
                hasWritten = true
            case .later:
                if hasWritten { context.flush() }
                return
            case .end:
                outflow = nil
                if case .length(let length) = answer.framing, length != answer.sent { return breakOff(context) }
                return end(answer.number, isWhole: true)
            case .failed(let error):
                outflow = nil
                if let admission = answer.admission { loop.responder.streamBroke(admission, error) }
                return breakOff(context)
            }
        }
        if hasWritten { context.flush() }
    }

    /// Ends the connection in the middle of a body, so that the client sees that it is not whole.
    private func breakOff(_ context: ChannelHandlerContext) {
        context.flush()
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { goOnFlowing() }
        context.fireChannelWritabilityChanged()
    }

    private func framed(_ piece: [UInt8], _ answer: Answer, _ context: ChannelHandlerContext) -> ByteBuffer {
        var buffer = context.channel.allocator.buffer(capacity: piece.count + 32)
        if answer.framing == .chunks {
            ResponseWire.writeChunk(piece, into: &buffer)
        } else {
            buffer.writeBytes(piece)
        }
        return buffer
    }
}
