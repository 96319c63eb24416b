import CoreMetrics
import NIOCore
import Synchronization

/// The open connections of a server: counts them against the limit and reaches them all when the server stops.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var done: (@Sendable () -> Void)?
    }

    private let connectionsMax: Int
    private let gauge: Meter
    private let state = Mutex(State())

    init(connectionsMax: Int, gauge: Meter) {
        self.connectionsMax = connectionsMax
        self.gauge = gauge
    }

    /// Admits a connection; false when there are too many, or the server is stopping.
    func admit(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isDraining, state.channels.count < connectionsMax else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            gauge.set(state.channels.count)
            return true
        }
    }

    /// Calls `done` once the server is stopping and no connection is open.
    func whenDone(_ done: @escaping @Sendable () -> Void) {
        state.withLock { $0.done = done }
    }

    /// Forgets a closed connection.
    func remove(_ channel: any Channel) {
        let done = state.withLock { state in
            state.channels.removeValue(forKey: ObjectIdentifier(channel))
            gauge.set(state.channels.count)
            return Self.doneIfEmpty(&state)
        }
        done?()
    }

    private static func doneIfEmpty(_ state: inout State) -> (@Sendable () -> Void)? {
        guard state.isDraining, state.channels.isEmpty else { return nil }
        defer { state.done = nil }
        return state.done
    }

    /// How many connections are open.
    var count: Int {
        state.withLock { $0.channels.count }
    }

    /// Admits no more and tells every connection to close after the request it is serving.
    func drain() {
        let (channels, done) = state.withLock { state in
            state.isDraining = true
            return (Array(state.channels.values), Self.doneIfEmpty(&state))
        }
        done?()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
    }

    /// Closes every connection at once.
    func closeAll() {
        let (channels, done) = state.withLock { state in
            state.isDraining = true
            return (Array(state.channels.values), Self.doneIfEmpty(&state))
        }
        done?()
        for channel in channels { channel.close(mode: .all, promise: nil) }
    }
}

/// Tells a connection to close as soon as it has nothing in flight.
struct DrainEvent: Sendable {}
