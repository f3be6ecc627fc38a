// swift-tools-version: 6.2

import PackageDescription

/// Settings of every target: the strictest that Swift 6 offers.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Lets the tests see what is internal, in the optimised build as well.
let testable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"])]

/// Only the tests' own code need not be fast. Without the optimiser it is built in a third of the time; file by file,
/// as in a debug build, on all cores, and of one that has changed nothing but itself.
let testSettings =
    settings + [
        .unsafeFlags([
            "-Onone", "-no-whole-module-optimization", "-enable-batch-mode", "-incremental",
        ])
    ]

// A package of its own, so that what it depends on never reaches a user of the libraries.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "FeedServer", path: ".."),
        // Without its interposers, which count allocations: they are packages of their own.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.1", traits: []),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // The figures of a run, and how they become a document. It measures nothing.
        .target(name: "BenchmarkReport", swiftSettings: settings + testable),
        .testTarget(
            name: "BenchmarkReportTests",
            dependencies: [
                "BenchmarkReport", "BenchmarkTestSupport", "ChildProcesses",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: testSettings),

        // Programs that are run to their end, and leave nothing behind.
        .target(
            name: "ChildProcesses",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ChildProcessesTests",
            dependencies: [
                "BenchmarkTestSupport", "ChildProcesses",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: testSettings),

        // What is measured, and how.
        .target(
            name: "FeedBenchmark",
            dependencies: [
                "BenchmarkReport", "ChildProcesses", "MicroMeasurement",
                .product(name: "CountCache", package: "FeedServer"),
                .product(name: "FeedServer", package: "FeedServer"),
                .product(name: "FeedStore", package: "FeedServer"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: settings + testable
        ),
        .testTarget(
            name: "FeedBenchmarkTests",
            dependencies: [
                "BenchmarkReport", "BenchmarkTestSupport", "FeedBenchmark",
                .product(name: "FeedStore", package: "FeedServer"),
            ],
            swiftSettings: testSettings),
        .executableTarget(
            name: "feed-benchmark",
            dependencies: [
                "BenchmarkReport", "FeedBenchmark",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),

        // Single steps of a request's way: which there are, how they are timed, and how they are counted.
        .target(
            name: "MicroOperations",
            dependencies: [
                .product(name: "CountCache", package: "FeedServer"),
                .product(name: "FeedServer", package: "FeedServer"),
                .product(name: "FeedStore", package: "FeedServer"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: [
                "MicroOperations",
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "CountCache", package: "FeedServer"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/MicroBenchmarks",
            swiftSettings: settings
        ),
        .target(name: "CMicroCounter"),
        .executableTarget(
            name: "micro-counter",
            dependencies: [
                "CMicroCounter", "MicroMeasurement", "MicroOperations",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings,
            // Names are enough for valgrind, and older ones give up on DWARF 5.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--strip-debug"])]
        ),
        .target(
            name: "MicroMeasurement",
            dependencies: [
                "BenchmarkReport", "ChildProcesses",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings + testable
        ),
        .testTarget(
            name: "MicroMeasurementTests", dependencies: ["BenchmarkReport", "MicroMeasurement"],
            swiftSettings: testSettings),

        // What the tests wait with. Symbolic links to the server's own: its module of that is none of its products.
        .target(name: "BenchmarkTestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    ]
)
