import Synchronization

/// Bytes on their way from one machine to another, at most about a capacity of them at a time.
///
/// One side writes, the other takes. Neither waits inside of the pipe: the writer learns from ``write(_:)`` that there
/// is no more room and is told when there is again; the reader is told when there is something to take.
package final class BytePipe: Sendable {
    /// What a reader gets.
    package enum Taken: Sendable {
        /// Some bytes.
        case bytes([UInt8])
        /// Nothing yet; the reader's signal tells when.
        case later
        /// There is no more.
        case end
        /// The bytes broke off.
        case failed(any Error)
    }

    /// What a writer is told.
    package enum WriterSignal: Sendable {
        /// There is room again.
        case room
        /// Nobody takes any more.
        case abandoned
    }

    private struct State {
        var pieces: [[UInt8]] = []
        var first = 0
        var offset = 0
        var count = 0
        var end: Result<Void, any Error>?
        var isAbandoned = false
        var wantsRoom = false
        var onBytes: (@Sendable () -> Void)?
        var onWriter: (@Sendable (WriterSignal) -> Void)?
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Makes an empty pipe.
    ///
    /// - Parameter capacity: bytes from which on the writer is asked to wait.
    package init(capacity: Int = 256 * 1024) {
        self.capacity = capacity
    }

    // MARK: The writer's side

    /// Tells the writer when there is room again, and when nobody takes any more.
    package func onWriter(_ signal: @escaping @Sendable (WriterSignal) -> Void) {
        let isAbandoned = state.withLock { state in
            state.onWriter = signal
            return state.isAbandoned
        }
        if isAbandoned { signal(.abandoned) }
    }

    /// Adds bytes.
    ///
    /// - Returns: whether there is room for more.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        let (signal, hasRoom) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
            guard state.end == nil, !state.isAbandoned, !bytes.isEmpty else { return (nil, state.count < capacity) }
            state.pieces.append(bytes)
            state.count += bytes.count
            let hasRoom = state.count < capacity
            if !hasRoom { state.wantsRoom = true }
            return (state.onBytes, hasRoom)
        }
        signal?()
        return hasRoom
    }

    /// Ends the bytes, well or with an error; a second end changes nothing.
    package func finish(throwing error: (any Error)? = nil) {
        let signal = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            return state.onBytes
        }
        signal?()
    }

    /// Whether there is room for more.
    package var hasRoom: Bool { state.withLock { $0.count < capacity } }

    // MARK: The reader's side

    /// Tells the reader when there is something to take; called at once when there is.
    package func onBytes(_ signal: (@Sendable () -> Void)?) {
        let isReady = state.withLock { state in
            state.onBytes = signal
            return state.count > 0 || state.end != nil
        }
        if isReady { signal?() }
    }

    /// Takes what is there: at most one written piece, and at most `limit` bytes of it.
    package func take(atMost limit: Int = .max) -> Taken {
        let (taken, signal) = state.withLock { state in
            let taken = Self.take(&state, limit)
            guard state.wantsRoom, state.count <= capacity / 2 else {
                return (taken, nil as (@Sendable (WriterSignal) -> Void)?)
            }
            state.wantsRoom = false
            return (taken, state.onWriter)
        }
        signal?(.room)
        return taken
    }

    /// Lets the writer know that nobody takes any more.
    package func abandon() {
        let signal = state.withLock { state in
            let isNew = !state.isAbandoned && state.end == nil
            state.isAbandoned = true
            state.pieces = []
            state.first = 0
            state.offset = 0
            state.count = 0
            state.onBytes = nil
            return isNew ? state.onWriter : nil
        }
        signal?(.abandoned)
    }

    private static func take(_ state: inout State, _ limit: Int) -> Taken {
        guard state.first < state.pieces.count else {
            switch state.end {
            case nil: return .later
            case .success?: return .end
            case .failure(let error)?: return .failed(error)
            }
        }
        let piece = state.pieces[state.first]
        let left = piece.count - state.offset
        if left > limit {
            let bytes = Array(piece[state.offset..<state.offset + limit])
            state.offset += limit
            state.count -= limit
            return .bytes(bytes)
        }
        let bytes = state.offset == 0 ? piece : Array(piece[state.offset...])
        state.pieces[state.first] = []
        state.first += 1
        state.offset = 0
        state.count -= left
        if state.first == state.pieces.count {
            state.pieces.removeAll(keepingCapacity: true)
            state.first = 0
        }
        return .bytes(bytes)
    }
}
