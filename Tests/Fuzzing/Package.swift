// swift-tools-version: 6.2

import PackageDescription

/// The settings of the project's own targets.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// A package of its own, because everything in it is compiled for the fuzzer, which brings its own `main`: see `run`.
/// The libraries are made of symbolic links to those of their files that are fuzzed and what these need: the whole
/// `CountCache` would bring two copies of BoringSSL with it. A file that is missing does not compile.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v26)],
    dependencies: [
        // The versions are the project's: `run` builds with its Package.resolved.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CountCache", "FeedServer", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Sources/Fuzz", swiftSettings: settings),
        .target(
            name: "CountCache",
            dependencies: ["CHiredis", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .target(
            name: "FeedServer",
            dependencies: [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", swiftSettings: settings),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    ]
)
