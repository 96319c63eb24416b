import Foundation
import ServiceLifecycle

/// Ends when the supervisor is gone, which shows as the end of standard input.
struct Lifeline: Service, CustomStringConvertible {
    var description: String { "lifeline" }

    func run() async throws {
        let (lost, note) = AsyncStream<Void>.makeStream()
        // Reading blocks, so it has a thread of its own.
        let thread = Thread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            note.finish()
        }
        thread.start()
        await cancelWhenGracefulShutdown {
            for await _ in lost {}
        }
    }
}
