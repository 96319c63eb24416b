import CLibPQ
import Dispatch
import Synchronization

/// Asks the server to stop the statement under way.
///
/// libpq's call blocks on a connection of its own, so it runs on a queue of its own.
final class CancellationHandle: @unchecked Sendable {
    // Sendable: a PGcancel is immutable and may be used by any thread (libpq manual, section 34.7).
    private let pointer: OpaquePointer
    private let used = Mutex(false)
    private static let queue = DispatchQueue(label: "tributary.postgres.cancel")

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQfreeCancel(pointer) }

    func cancel() {
        used.withLock { $0 = true }
        Self.queue.async { [self] in
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(pointer, &message, Int32(message.count))
        }
    }

    /// Whether a cancel request was ever sent.
    var wasUsed: Bool { used.withLock { $0 } }
}

/// Carries a handle into the closure that frees it.
struct UncheckedPointer: @unchecked Sendable {
    // Sendable: exactly one closure uses it, after every other use has ended.
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
}
