import NIOCore
import NIOPosix
import Synchronization

/// Listens where nobody may knock, and counts who does.
package final class ConnectionCounter: Sendable {
    private let knocks = Mutex(0)
    private let channels: [any Channel]

    /// Listens on all addresses of this machine, IPv4 and IPv6, at each of `ports` that this user may take.
    package init(ports: [Int]) async {
        var channels: [any Channel] = []
        let holder = Holder()
        for port in ports {
            // The first takes IPv4 along where the system lets it; the second is for where there is no IPv6.
            for host in ["::", "0.0.0.0"] {
                let channel = try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelInitializer { channel in
                        holder.counter.withLock { $0 }?.knocks.withLock { $0 += 1 }
                        return channel.close()
                    }
                    .bind(host: host, port: port).get()
                if let channel { channels.append(channel) }
            }
        }
        self.channels = channels
        holder.counter.withLock { $0 = self }
    }

    deinit {
        for channel in channels { channel.close(promise: nil) }
    }

    private final class Holder: Sendable {
        let counter = Mutex<ConnectionCounter?>(nil)
    }

    /// How many connections came.
    package var count: Int { knocks.withLock { $0 } }
    /// How many of the listeners stand.
    package var listenerCount: Int { channels.count }
}
