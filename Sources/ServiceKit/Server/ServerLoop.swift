import NIOCore

/// What the connections of one event loop share: the clock's ticks, the date, and the task that answers their requests.
final class ServerLoop {
    /// A request with the connection that waits for its answer.
    struct Work: Sendable {
        let request: HTTPConnection.ReceivedRequest
        let connection: NIOLoopBound<HTTPConnection>
    }

    let responder: EndpointResponder
    let date = HTTPDate()
    private let eventLoop: any EventLoop
    private let work: WorkQueue
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var ticks: RepeatedTask?

    /// Prepares the loop; `work` ends up in ``LoopRunner``.
    init(_ eventLoop: any EventLoop, _ responder: EndpointResponder, _ work: WorkQueue) {
        self.eventLoop = eventLoop
        self.responder = responder
        self.work = work
    }

    /// Takes care of a connection.
    func add(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
        guard ticks == nil else { return }
        let interval = TimeAmount(responder.limits.tick)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ticks = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.tick() }
    }

    /// Forgets a connection.
    func remove(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        ticks?.cancel()
        ticks = nil
    }

    /// Has a request answered.
    func answer(_ request: HTTPConnection.ReceivedRequest, of connection: HTTPConnection) {
        work.add(Work(request: request, connection: NIOLoopBound(connection, eventLoop: eventLoop)))
    }

    /// A future that has failed.
    func failed(_ error: any Error) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(error)
    }

    private func tick() {
        let now = NIODeadline.now()
        for connection in Array(connections.values) { connection.tick(now) }
    }
}

/// The requests of one event loop that wait for their task; used on that loop alone.
final class WorkQueue {
    private var work: [ServerLoop.Work] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private var isFinished = false

    /// Puts a request at the end.
    func add(_ work: ServerLoop.Work) {
        self.work.append(work)
        wake()
    }

    /// Lets nothing in any more; what waits is still given out.
    func finish() {
        isFinished = true
        wake()
    }

    /// All that waits, as soon as there is something; empty when it is finished.
    fileprivate func take() async -> [ServerLoop.Work] {
        while work.isEmpty, !isFinished {
            await withCheckedContinuation { waiter = $0 }
        }
        defer { work.removeAll(keepingCapacity: true) }
        return work
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}

/// The task of an event loop: starts one child task for each request, on that event loop and at once.
struct LoopRunner: Sendable {
    let work: NIOLoopBound<WorkQueue>
    let executor: any TaskExecutor

    /// Runs until there is no more work and all of it is done.
    func run(_ responder: EndpointResponder) async {
        await withDiscardingTaskGroup { group in
            while true {
                let batch = await work.value.take()
                if batch.isEmpty { return }
                for work in batch { group.addImmediateTask { await work.answer(responder) } }
            }
        }
    }
}

extension ServerLoop.Work {
    /// Answers the request.
    fileprivate func answer(_ responder: EndpointResponder) async {
        // Nobody else ends the request's task; the connection does, when nobody waits for the answer any more.
        await withUnsafeCurrentTask { task in
            connection.value.began(task, request.number)
            let response = await responder.respond(
                to: request.admission,
                body: request.body,
                upload: request.upload
            )
            await write(response, responder)
            connection.value.ended(request.number)
        }
    }

    private func write(_ response: EndpointResponse, _ responder: EndpointResponder) async {
        let number = request.number
        guard case .stream(let pieces) = response.body else { return connection.value.answer(response, to: number) }
        guard connection.value.begin(response, to: number) else { return }
        do {
            for try await piece in pieces { try await connection.value.send(piece, to: number).get() }
            connection.value.end(number, isWhole: true)
        } catch {
            responder.streamBroke(request.admission, error)
            connection.value.end(number, isWhole: false)
        }
    }
}
