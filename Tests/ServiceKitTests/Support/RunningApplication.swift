import HTTPExchange
import HTTPTypes
import Logging
import ServiceKit
import ServiceLifecycle

/// An application on free ports for the time of a test.
struct RunningApplication: Sendable {
    let ports: BoundPorts
    private let group: ServiceGroup

    /// Tells the application to stop, as SIGTERM would.
    func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// Runs `endpoints` until `body` is over; returns when the application has stopped.
    static func run(
        _ endpoints: [Endpoint],
        authenticator: any CallerAuthenticator = OpenDoor(),
        config: ApplicationConfig = ApplicationConfig(port: 0, drainTimeout: .seconds(5)),
        body: @Sendable (RunningApplication) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream<BoundPorts>.makeStream()
        let application = TributaryApplication(
            name: .registry,
            endpoints: endpoints,
            authenticator: authenticator,
            config: config,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            started: { continuation.yield($0) }
        )
        let group = ServiceGroup(
            services: [application],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            for await ports in ports {
                try await body(RunningApplication(ports: ports, group: group))
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }
}

/// Lets everyone in, as nobody.
struct OpenDoor: CallerAuthenticator {
    func identify(_ headers: HeaderFields) async throws -> CallerIdentity { .anonymous }
}

extension ApplicationConfig {
    /// Free ports and the limits that `change` sets.
    static func test(
        drain: Duration = .seconds(5),
        _ change: (inout Limits) -> Void = { _ in }
    ) -> ApplicationConfig {
        var limits = Limits()
        change(&limits)
        return ApplicationConfig(port: 0, limits: limits, drainTimeout: drain)
    }
}

extension Endpoint {
    /// An open endpoint for tests.
    static func test(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/x",
        body: BodySpec? = nil,
        handler: @escaping Handler
    ) -> Endpoint {
        Endpoint(
            method,
            path,
            operationID: "\(method.rawValue.lowercased())\(path)",
            summary: "A test",
            access: .public,
            allowsAnyQuery: true,
            body: body,
            responses: [],
            handler: handler
        )
    }

    /// Answers with the body it was sent.
    static func echo(bytesMax: Int = 1000) -> Endpoint {
        .test(.post, "/echo", body: .raw(bytesMax: bytesMax)) { request in
            .bytes(request.body, contentType: "text/plain")
        }
    }
}
