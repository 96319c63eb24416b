// swift-tools-version: 6.2
// The layers and the import laws of this package are described in ops/adr/0001-layers.md and checked by ArchitectureTests.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")

/// A target of this package with the project's settings.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: settings)
}

/// A unit-test target for `name`, which may use `TestSupport` and what else it names.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "tributary",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "tributary", targets: ["tributary"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // L0: the C libraries and what wraps them
        .systemLibrary(
            name: "CLibPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        module("Postgres", ["CLibPQ", "Vocabulary"]),
        module("CurlTransport", ["CCurl", "HTTPExchange", httpTypes, nioCore, nioPosix]),
        module("Cryptography", ["COpenSSL", "Vocabulary"]),

        // L1: values and formats
        module("JSONValue"),
        module("Vocabulary", ["JSONValue"]),
        module("HTTPExchange", ["JSONValue", httpTypes]),
        module("Formats", ["JSONValue"]),
        module("JSONata", ["JSONValue", "Formats", "Vocabulary"]),

        // L2: the engine
        module("ConnectorConfig", ["JSONValue", "JSONata", "Vocabulary"]),
        module("UnifiedModel", ["JSONValue", "Vocabulary"]),
        module(
            "ConnectorEngine",
            [
                "ConnectorConfig", "Formats", "HTTPExchange", "JSONValue", "JSONata", "UnifiedModel", "Vocabulary",
                httpTypes,
            ]
        ),

        // L3: how services speak to each other
        module("RegistryContract", ["HTTPExchange", "JSONValue", "Vocabulary", httpTypes]),
        module("BrokerContract", ["HTTPExchange", "JSONValue", "Vocabulary", httpTypes]),
        module("VaultContract", ["HTTPExchange", "JSONValue", "Vocabulary", httpTypes]),
        module("ExecutorContract", ["HTTPExchange", "JSONValue", "Vocabulary", httpTypes]),
        module("SyncContract", ["HTTPExchange", "JSONValue", "Vocabulary", httpTypes]),

        // L4: what every service is made of
        module(
            "ServiceKit",
            [
                "Cryptography", "HTTPExchange", "JSONValue", "Vocabulary", coreMetrics, httpTypes, lifecycle, logging,
                nioCore, nioHTTP1, nioPosix, nioTLS,
            ]
        ),

        // L5: the services
        module(
            "RegistryService",
            [
                "ConnectorConfig", "JSONValue", "Postgres", "RegistryContract", "ServiceKit", "UnifiedModel",
                "Vocabulary", "BrokerContract", "HTTPExchange", httpTypes, lifecycle, logging,
            ]
        ),
        module(
            "BrokerService",
            [
                "BrokerContract", "ConnectorConfig", "ConnectorEngine", "ExecutorContract", "Formats", "HTTPExchange",
                "JSONValue", "JSONata", "Postgres", "RegistryContract", "ServiceKit", "UnifiedModel", "VaultContract",
                "Vocabulary", httpTypes, lifecycle, logging, mustache,
            ]
        ),
        module(
            "VaultService",
            [
                "Cryptography", "HTTPExchange", "JSONValue", "Postgres", "ServiceKit", "VaultContract", "Vocabulary",
                httpTypes, lifecycle, logging,
            ]
        ),
        module(
            "ExecutorService",
            [
                "BrokerContract", "ConnectorConfig", "ConnectorEngine", "ExecutorContract", "HTTPExchange",
                "JSONValue", "JSONata", "RegistryContract", "ServiceKit", "UnifiedModel", "Vocabulary", httpTypes,
                lifecycle, logging, metrics,
            ]
        ),
        module(
            "SyncService",
            [
                "ExecutorContract", "HTTPExchange", "JSONValue", "Postgres", "RegistryContract", "ServiceKit",
                "SyncContract", "Vocabulary", httpTypes, lifecycle, logging,
            ]
        ),
        module(
            "VendorSandbox",
            [
                "Formats", "HTTPExchange", "JSONValue", "JSONata", "ServiceKit", "Vocabulary", httpTypes, lifecycle,
                logging, mustache, nioCore, nioHTTP1, nioPosix, nioTLS, yams,
            ]
        ),

        // L6: the one executable
        .executableTarget(
            name: "tributary",
            dependencies: [
                "BrokerContract", "BrokerService", "ConnectorConfig", "ConnectorEngine", "Cryptography",
                "CurlTransport", "ExecutorContract", "ExecutorService", "Formats", "HTTPExchange", "JSONValue",
                "JSONata", "Postgres", "RegistryContract", "RegistryService", "ServiceKit", "SyncContract",
                "SyncService", "UnifiedModel", "VaultContract", "VaultService", "VendorSandbox", "Vocabulary",
                argumentParser, configuration, httpTypes, lifecycle, logging, metrics, yams,
            ],
            exclude: ["README.md"],
            swiftSettings: settings,
            // The heap of the whole process: `ops/adr/0014-heap.md`.
            linkerSettings: [.linkedLibrary("jemalloc")]
        ),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: [
                "Cryptography", "HTTPExchange", "JSONValue", "Postgres", "Vocabulary", httpTypes, nioCore, nioPosix,
                nioTLS,
            ],
            path: "Tests/TestSupport",
            exclude: ["README.md"],
            swiftSettings: settings
        ),
        tests("ArchitectureTests", [], exclude: ["allowed-imports.json"]),
        tests("JSONValueTests", ["JSONValue"]),
        tests("VocabularyTests", ["Vocabulary"]),
        tests("HTTPExchangeTests", ["HTTPExchange", httpTypes]),
        tests("FormatsTests", ["Formats", "JSONValue"]),
        tests("JSONataTests", ["JSONata", "JSONValue", "Vocabulary", "Cryptography"], exclude: ["Cases"]),
        tests("PostgresTests", ["Postgres"]),
        tests(
            "CurlTransportTests",
            ["CurlTransport", "HTTPExchange", "Cryptography", httpTypes, nioTLS]
        ),
        tests("CryptographyTests", ["Cryptography", "Vocabulary", "JSONValue"], exclude: ["Vectors"]),
        tests("ConnectorConfigTests", ["ConnectorConfig", "JSONValue", "Vocabulary", "JSONata", yams]),
        tests("UnifiedModelTests", ["UnifiedModel", "JSONValue"]),
        tests(
            "ConnectorEngineTests",
            [
                "ConnectorEngine", "ConnectorConfig", "UnifiedModel", "HTTPExchange", "JSONValue", "JSONata",
                "Vocabulary", "Cryptography", httpTypes, yams,
            ]
        ),
        tests(
            "ServiceKitTests",
            [
                "ServiceKit", "HTTPExchange", "JSONValue", "Vocabulary", "Cryptography", coreMetrics, httpTypes,
                lifecycle, logging, nioCore, nioPosix, nioTLS,
            ]
        ),
        tests(
            "RegistryServiceTests",
            [
                "RegistryService", "RegistryContract", "Postgres", "JSONValue", "Vocabulary", "ServiceKit",
                "HTTPExchange", "Cryptography", httpTypes, logging,
            ]
        ),
        tests(
            "BrokerServiceTests",
            [
                "BrokerService", "BrokerContract", "Cryptography", "Postgres", "JSONValue", "Vocabulary", "ServiceKit",
                "HTTPExchange", "ConnectorConfig", "RegistryContract", "UnifiedModel", "VaultContract", httpTypes,
                logging,
            ]
        ),
        tests(
            "VaultServiceTests",
            [
                "VaultService", "VaultContract", "Postgres", "Cryptography", "JSONValue", "Vocabulary", "ServiceKit",
                "HTTPExchange", httpTypes,
            ]
        ),
        tests(
            "ExecutorServiceTests",
            [
                "ExecutorService", "ExecutorContract", "BrokerContract", "RegistryContract", "ConnectorConfig",
                "ConnectorEngine", "ServiceKit", "HTTPExchange", "JSONValue", "Vocabulary", "UnifiedModel", httpTypes,
                logging, yams,
            ]
        ),
        tests(
            "SyncServiceTests",
            ["SyncService", "ServiceKit", "Postgres", "JSONValue", "HTTPExchange", "Cryptography", httpTypes, logging]
        ),
        tests(
            "VendorSandboxTests",
            ["VendorSandbox", "JSONValue", "HTTPExchange", "ServiceKit", "Vocabulary", httpTypes]
        ),
        tests(
            "ContractTests",
            [
                "RegistryService", "BrokerService", "VaultService", "ExecutorService", "SyncService", "ServiceKit",
                "BrokerContract", "Cryptography", "HTTPExchange", "JSONValue", "Postgres", "RegistryContract",
                "UnifiedModel",
                "VaultContract", "Vocabulary", httpTypes, logging,
            ]
        ),
        tests("TenantIsolationTests", ["JSONValue", "HTTPExchange", "CurlTransport", httpTypes]),
        tests(
            "EndToEndTests",
            ["Cryptography", "JSONValue", "HTTPExchange", "CurlTransport", "UnifiedModel", httpTypes]
        ),
        tests("BrowserTests", ["CurlTransport", "JSONValue", "HTTPExchange", httpTypes]),
    ],
    swiftLanguageModes: [.v6]
)
