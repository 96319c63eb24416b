package import BrokerContract
package import ConnectorEngine
package import FoundationEssentials
package import HTTPExchange
package import Logging
package import RegistryContract
package import ServiceKit
package import UnifiedModel
package import Vocabulary

/// How much an executor keeps, and for how long.
package struct ExecutorConfig: Sendable {
    /// How long a verified API key is believed; at most a minute.
    package var keyLifetime: Duration = .seconds(60)
    /// How long usable access is kept; at most a minute.
    package var accessLifetime: Duration = .seconds(60)
    /// How long a configuration is believed while the change feed is silent.
    package var configurationLifetime: Duration = .seconds(60)
    /// Accounts, keys and configurations kept, each.
    package var cacheCapacity = 20_000
    /// Largest body that is handed on to a vendor.
    package var proxyBodyBytesMax = 32 * 1024 * 1024

    /// The defaults.
    package init() {}
}

/// The executor: `/unified`, `/proxy`, `/capabilities`.
///
/// It keeps nothing but caches.
package final class ExecutorService: Sendable {
    private let keys: KeyCache
    private let feed: ChangeFeed
    private let unified: UnifiedRoutes
    private let proxy: ProxyRoutes
    private let description: DescriptionRoutes
    private let registry: any RegistryClient
    private let leasing: RateLeasing
    let log: RequestLog

    /// Wires an executor.
    ///
    /// - Parameters:
    ///   - registry: says who callers are and what configurations accounts have.
    ///   - writes: keeps what writes with a key have answered.
    ///   - requestLog: keeps what callers asked; nothing is kept without it.
    ///   - broker: gives usable access.
    ///   - sender: speaks to vendors.
    ///   - model: the unified resources.
    ///   - digests: hashes keys, signs cursors.
    ///   - cursorKey: at least 32 bytes, the same for all executors.
    ///   - config: sizes and times.
    ///   - traffic: the gate that all calls to vendors go through.
    ///   - logger: for the change feed.
    ///   - now: the monotonic clock.
    ///   - wallClock: the time of day, to read expiries.
    ///   - sleep: waits between attempts to reach the registry.
    package init(
        registry: any RegistryClient,
        writes: any IdempotentWritesClient,
        requestLog: (any RequestLogClient)? = nil,
        broker: any BrokerClient,
        sender: any HTTPSender,
        model: UnifiedModel,
        digests: any Digests,
        cursorKey: Secret<[UInt8]>,
        config: ExecutorConfig = ExecutorConfig(),
        traffic: TrafficControl = TrafficControl(isShared: true),
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    ) {
        self.registry = registry
        log = RequestLog(client: requestLog, logger: logger, now: now, wallClock: wallClock, sleep: sleep)
        leasing = RateLeasing(traffic: traffic, registry: registry, sleep: sleep, logger: logger)
        keys = KeyCache(
            registry: registry,
            digests: digests,
            lifetime: config.keyLifetime,
            capacity: config.cacheCapacity,
            now: now
        )
        let configurations = ConfigCache(
            registry: registry,
            lifetime: config.configurationLifetime,
            capacity: config.cacheCapacity,
            now: now
        )
        let leases = AccessLeases(
            broker: broker,
            lifetime: config.accessLifetime,
            capacity: config.cacheCapacity,
            now: now,
            wallClock: wallClock
        )
        let groups = GroupCache(
            registry: registry,
            lifetime: config.configurationLifetime,
            capacity: config.cacheCapacity,
            now: now
        )
        feed = ChangeFeed(
            registry: registry,
            keys: keys,
            configurations: configurations,
            leases: leases,
            groups: groups,
            sleep: sleep,
            logger: logger
        )
        let door = AccountDoor(configurations: configurations)
        let engine = Engine(model: model, sender: sender, digests: digests, cursorKey: cursorKey, traffic: traffic)
        unified = UnifiedRoutes(
            engine: engine,
            wide: WideListRoutes(engine: engine, door: door, leases: leases, groups: groups),
            door: door,
            leases: leases,
            model: model,
            writes: IdempotentWrites(client: writes, digests: digests)
        )
        proxy = ProxyRoutes(
            engine: ProxyEngine(
                sender: sender,
                traffic: traffic,
                tools: SigningTools(digests: digests, now: EngineClock.system.now)
            ),
            keys: keys,
            door: door,
            leases: leases,
            log: log,
            bodyBytesMax: config.proxyBodyBytesMax
        )
        description = DescriptionRoutes(
            engine: engine,
            door: door,
            integrations: IntegrationDoor(registry: registry),
            leases: leases,
            model: model
        )
    }

    /// All operations.
    package var endpoints: [Endpoint] {
        let noted = (unified.endpoints + description.endpoints).map(log.noting)
        let inner = EndpointDispatch(noted)
        return noted + proxy.endpoints
            + BatchRoutes(perform: { await inner.respond(to: $0) }).endpoints
    }

    /// Knows callers by their API keys.
    package var authenticator: any CallerAuthenticator { keys }

    /// An executor is ready when it runs: what its caches hold is served even when the registry is down.
    package var readiness: [HealthCheck] { [] }

    /// Follows the registry's changes, takes slices of rate budgets and tells what was asked, until it is cancelled.
    package func run() async throws {
        async let changes: Void = feed.run()
        async let slices: Void = leasing.run()
        async let records: Void = log.run()
        _ = await (changes, slices, records)
    }
}
