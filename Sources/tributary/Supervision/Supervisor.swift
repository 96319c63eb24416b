import Foundation
import Logging
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Runs each service as a process of its own and starts it again when it ends.
///
/// A child holds the reading end of a pipe as its standard input. When the supervisor dies, however it dies, the pipe
/// closes and the child stops, so that no port stays taken.
final class Supervisor: Service {
    private struct Child {
        let process: Process
        let lifeline: Pipe
        let startedAt: ContinuousClock.Instant
    }

    private struct State {
        var children: [ServiceName: Child] = [:]
        var quickEnds: [ServiceName: Int] = [:]
        var isStopping = false
    }

    private let services: [ServiceName]
    private let restarts: Bool
    private let pidDirectory: URL
    private let logger: Logger
    private let state = Mutex(State())
    private let ended: AsyncStream<ServiceName>
    private let noteEnd: AsyncStream<ServiceName>.Continuation

    /// Supervises `services`.
    ///
    /// - Parameters:
    ///   - services: in the order they are started.
    ///   - restarts: false to leave an ended service ended.
    ///   - pidDirectory: gets one `<service>.pid` file per running service.
    ///   - logger: tells of starts and ends.
    init(services: [ServiceName], restarts: Bool, pidDirectory: URL, logger: Logger) {
        self.services = services
        self.restarts = restarts
        self.pidDirectory = pidDirectory
        self.logger = logger
        (ended, noteEnd) = AsyncStream.makeStream()
    }

    /// Starts the services and keeps them running until the group is told to stop and all have ended.
    func run() async throws {
        try FileManager.default.createDirectory(at: pidDirectory, withIntermediateDirectories: true)
        try write(pid: ProcessInfo.processInfo.processIdentifier, of: "supervisor")
        try await withGracefulShutdownHandler {
            for service in services { try start(service) }
            for await service in ended {
                if try await restart(service) { break }
            }
        } onGracefulShutdown: {
            self.stop()
        }
        try? FileManager.default.removeItem(at: pidFile(of: "supervisor"))
    }

    /// Starts `service` again unless all is to end; gives whether all has ended.
    private func restart(_ service: ServiceName) async throws -> Bool {
        let (quickEnds, isStopping, allEnded) = state.withLock { state in
            let lived = state.children[service].map { $0.startedAt.duration(to: .now) } ?? .zero
            state.children[service] = nil
            let quickEnds = lived < .seconds(2) ? (state.quickEnds[service] ?? 0) + 1 : 0
            state.quickEnds[service] = quickEnds
            return (quickEnds, state.isStopping, state.children.isEmpty)
        }
        try? FileManager.default.removeItem(at: pidFile(of: service.rawValue))
        if isStopping || !restarts { return allEnded }
        logger.warning("service ended, starting it again", metadata: ["child": "\(service.rawValue)"])
        // A service that cannot start at all is tried more and more slowly, at least every 0.8 seconds.
        if quickEnds > 1 { try? await Task.sleep(for: .milliseconds(min(100 << min(quickEnds - 2, 3), 800))) }
        if !state.withLock({ $0.isStopping }) { try start(service) }
        return false
    }

    private func stop() {
        let processes = state.withLock { state in
            state.isStopping = true
            return state.children.values.map(\.process)
        }
        for process in processes where process.isRunning { process.terminate() }
        if processes.isEmpty { noteEnd.finish() }
    }

    private func start(_ service: ServiceName) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [service.rawValue, "--supervised"]
        let lifeline = Pipe()
        process.standardInput = lifeline
        process.terminationHandler = { [noteEnd] _ in noteEnd.yield(service) }
        try process.run()
        state.withLock { state in
            state.children[service] = Child(process: process, lifeline: lifeline, startedAt: .now)
        }
        try write(pid: process.processIdentifier, of: service.rawValue)
    }

    private func write(pid: Int32, of name: String) throws {
        try Data("\(pid)\n".utf8).write(to: pidFile(of: name), options: .atomic)
    }

    private func pidFile(of name: String) -> URL {
        pidDirectory.appendingPathComponent("\(name).pid")
    }
}
