import Synchronization

/// A body that arrives piece by piece, with backpressure, for one reader.
///
/// Dropping it lets the other side know that nobody reads any more.
package final class ByteStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    /// The bytes' way, for readers that do not wait in a task.
    package let pipe: BytePipe
    /// How many bytes there will be; nil when nobody says.
    package let length: Int?

    /// Reads from a pipe.
    package init(_ pipe: BytePipe, length: Int? = nil) {
        self.pipe = pipe
        self.length = length
    }

    /// Reads what is there already.
    package convenience init(_ bytes: [UInt8]) {
        let pipe = BytePipe()
        pipe.write(bytes)
        pipe.finish()
        self.init(pipe, length: bytes.count)
    }

    deinit {
        pipe.abandon()
    }

    /// The next piece.
    ///
    /// - Returns: nil at the end.
    /// - Throws: what the writer ended the bytes with, or `CancellationError`.
    package func next() async throws -> [UInt8]? {
        while true {
            switch pipe.take() {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .failed(let error): throw error
            case .later: try await readable()
            }
        }
    }

    /// The whole body.
    ///
    /// - Parameter limit: in bytes.
    /// - Returns: nil when there is more.
    /// - Throws: what ``next()`` throws.
    package func collected(upTo limit: Int) async throws -> [UInt8]? {
        var body: [UInt8] = []
        if let length, length <= limit { body.reserveCapacity(length) }
        while let piece = try await next() {
            guard body.count + piece.count <= limit else { return nil }
            if body.isEmpty { body = piece } else { body += piece }
        }
        return body
    }

    /// The pieces from here on.
    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Walks over the pieces.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: ByteStream

        package mutating func next() async throws -> [UInt8]? { try await stream.next() }
    }

    private func readable() async throws {
        let waiter = Waiter()
        try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiter.wait(continuation)
                pipe.onBytes { waiter.wake() }
            }
            try Task.checkCancellation()
        } onCancel: {
            waiter.wake()
        }
    }
}

/// Wakes one task once, whichever comes first: the wish to wait or the reason not to.
private final class Waiter: Sendable {
    private enum State {
        case new, woken
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.new)

    func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isWoken = state.withLock { state in
            if case .woken = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isWoken { continuation.resume() }
    }

    func wake() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .woken }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume()
    }
}
