// swift-tools-version: 6.2
import PackageDescription

// The targets and what each may import: Sources/README.md gives the reasons, scripts/check-imports holds the code to it.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    // Checks of exclusive access at run time cost a third of a request's instructions; debug builds, and so the tests, keep them.
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heapModule = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "puppetfront",
    products: [.executable(name: "puppetfront", targets: ["puppetfront"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "CLinux"),

        library("Model", []),
        library("Buffers", []),
        library("Puppet", ["Model"]),
        library("Settings", ["Model", "Puppet"]),
        library("Routing", ["Model", "Puppet", "Settings"]),
        library("Balancing", ["Model", "Settings", dequeModule, heapModule]),
        library("Explain", ["Model", "Puppet", "Settings", "Routing", "Balancing"]),
        library("ConfigFile", ["Model", "Puppet", "Settings", yams]),
        library("Telemetry", ["Model", "Settings"]),
        library("HTTP1", ["Model", "Buffers"]),
        library("TLS", ["Model", "Settings", "Buffers", "COpenSSL"]),
        library("Network", ["Buffers", "CLinux"]),
        library("Forwarding", ["Model", "Puppet", "Settings", "Routing", "Balancing"]),
        library("Engine", [
            "Model", "Buffers", "Puppet", "Settings", "Routing", "Balancing", "Explain", "Telemetry", "HTTP1", "TLS", "Network",
            "Forwarding", "CLinux", "CNghttp2", logging,
        ]),
        library("StandIn", ["Model", "HTTP1", "TLS", "COpenSSL", "Buffers"]),
        .executableTarget(
            name: "puppetfront",
            dependencies: ["ConfigFile", "Engine", "Explain", "StandIn", argumentParser, logging],
            swiftSettings: strict),

        .target(name: "TestKit", dependencies: ["StandIn"], path: "Tests/TestKit", swiftSettings: strict),
        .target(name: "PuppetInvariants", dependencies: ["Model", "Puppet"], path: "Tests/Fuzz/PuppetInvariants", swiftSettings: strict),
        .target(name: "ConfigurationInvariants", dependencies: ["ConfigFile"], path: "Tests/Fuzz/ConfigurationInvariants", swiftSettings: strict),

        tests("ModelTests", ["Model"]),
        tests("PuppetTests", ["Model", "Puppet", "PuppetInvariants"]),
        tests("RoutingTests", ["Model", "Puppet", "Settings", "Routing"]),
        tests("ExplainTests", ["Model", "Puppet", "Settings", "Explain"]),
        tests("ConfigFileTests", ["ConfigFile", "ConfigurationInvariants", "Settings", "Model", "Puppet"]),
        tests("BalancingTests", ["Balancing", "Model", "Settings"]),
        tests("TelemetryTests", ["Telemetry", "Model", "Settings"]),
        tests("HTTP1Tests", ["HTTP1", "Model", "Buffers"]),
        tests("TLSTests", ["TLS", "Model", "Settings", "Buffers", "COpenSSL"]),
        tests("ForwardingTests", ["Forwarding", "Model", "Routing", "Balancing"]),
        tests("NetworkTests", ["Network"]),
        tests("SimulationTests", ["Balancing", "Model", "Settings"]),
        tests("StandInTests", ["StandIn", "TestKit"]),
    ],
    swiftLanguageModes: [.v6]
)
