// swift-tools-version: 6.2

import PackageDescription

/// Settings of every target: the strictest that Swift 6 offers.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// Lets the tests see what is internal, in the optimised build that is served and tested as well. The Makefile asks
/// for it. For these modules alone: for all that they depend on, it costs a page a tenth and more. Whoever depends on
/// this package by a version gets no such flag, which the package manager would refuse.
let testable: [SwiftSetting] =
    Context.environment["TESTABLE_RELEASE"] == nil ? [] : [.unsafeFlags(["-enable-testing"])]

/// Only the tests' own code need not be fast. Without the optimiser it is built in a third of the time; file by file,
/// as in a debug build, on all cores, and of one that has changed nothing but itself.
let testSettings =
    settings + [
        .unsafeFlags([
            "-Onone", "-no-whole-module-optimization", "-enable-batch-mode", "-incremental",
        ])
    ]

let package = Package(
    name: "FeedServer",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "FeedStore", targets: ["FeedStore"]),
        .library(name: "CountCache", targets: ["CountCache"]),
        .library(name: "FeedServer", targets: ["FeedServer"]),
        .executable(name: "feed-server", targets: ["feed-server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        .executableTarget(
            name: "feed-server",
            dependencies: [
                "FeedServer", "FeedStore", "LoopbackClient", "SampleData",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SampleData", dependencies: ["CSampleResources", "FeedStore"], exclude: ["Resources"],
            swiftSettings: settings + testable),
        .target(
            name: "FeedServer",
            dependencies: [
                "FeedStore", "CountCache", "CFeedResources", "CSandbox", "CVips",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Resources"],
            swiftSettings: settings + testable
        ),
        .target(
            name: "FeedStore",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings + testable
        ),
        .target(
            name: "CountCache",
            dependencies: [
                "CHiredis",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings + testable
        ),
        // What `populate` and the tests speak to a server with.
        .target(
            name: "LoopbackClient",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The files of FeedServer/Resources, as a part of the binary.
        .target(name: "CFeedResources"),
        // And those of SampleData/Resources.
        .target(name: "CSampleResources"),
        // How a process is started that gives up what it does not need, and how it does.
        .target(name: "CSandbox"),
        // Its pkg-config file names flags that the package manager does not take; the headers need none.
        .systemLibrary(name: "CVips", providers: [.apt(["libvips-dev"])]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),

        // What several test targets use: ways to wait, children, private servers.
        .target(
            name: "TestSupport", dependencies: ["CTestSupport"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        // Writes posts and tells of each that is durable, until it is killed: for the crash test.
        .executableTarget(
            name: "crash-writer", dependencies: ["FeedStore"], path: "Tests/CrashWriter",
            swiftSettings: settings),
        // Opens a store, writes and closes it on a disk that fails: for the tests of that.
        .executableTarget(
            name: "faulty-store",
            dependencies: ["FeedStore", "CFaultyDisk", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/FaultyStore", swiftSettings: settings),
        // The disk: a layer below SQLite that fails when it is told to.
        .target(
            name: "CFaultyDisk", path: "Tests/CFaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        // Asks a count cache as many processes do.
        .executableTarget(
            name: "count-worker",
            dependencies: [
                "CountCache", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            path: "Tests/CountWorker", swiftSettings: settings),
        // Tests start the programs by their path, and do not depend on them: a test bundle can't be linked with several
        // of them. They are built with the tests.
        .testTarget(
            name: "FeedStoreTests", dependencies: ["FeedStore", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "TestSupportTests",
            dependencies: [
                "LoopbackClient", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "SampleDataTests", dependencies: ["SampleData", "FeedStore"], swiftSettings: testSettings),
        .testTarget(
            name: "CountCacheTests",
            dependencies: [
                "CountCache", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Corpus"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "FeedServerTests",
            dependencies: [
                "FeedServer", "FeedStore", "CountCache", "LoopbackClient", "CFeedResources", "CSandbox",
                "CVips", "TestSupport",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Corpus", "Fixtures"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "FeedStore", "LoopbackClient", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
    ]
)
