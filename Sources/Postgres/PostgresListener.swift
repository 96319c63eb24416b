import Foundation

/// Follows one NOTIFY channel on a connection of its own and comes back after each loss.
struct PostgresListener: Sendable {
    let config: PostgresConfig
    let channel: String

    /// The payloads; an empty one after each (re)connection.
    ///
    /// The stream ends when its reader's task is cancelled.
    func payloads() -> AsyncStream<String> {
        let follower = Follower(listener: self)
        return AsyncStream(unfolding: { await follower.next() })
    }

    /// Reads the next payload whenever the stream is asked for one, so that nothing runs when nobody reads.
    private actor Follower {
        private let listener: PostgresListener
        private var connection: PostgresConnection?
        private var ready: [String] = []
        private var failures = 0

        init(listener: PostgresListener) {
            self.listener = listener
        }

        func next() async -> String? {
            while !Task.isCancelled {
                if !ready.isEmpty { return ready.removeFirst() }
                do {
                    guard let connection else {
                        let opened = try await PostgresConnection.open(listener.config)
                        try await opened.runScript("listen \"\(listener.channel.replacing("\"", with: "\"\""))\"")
                        connection = opened
                        failures = 0
                        return ""
                    }
                    // Waiting blocks the connection's queue only; short turns let a cancelled reader end soon.
                    ready += try await connection.notifications(within: .milliseconds(500))
                } catch {
                    connection = nil
                    failures += 1
                    try? await Task.sleep(for: .milliseconds(min(50 << min(failures, 6), 2000)))
                }
            }
            return nil
        }
    }
}
