// swift-tools-version: 6.2
import PackageDescription

/// `PUPPETFRONT_FUZZ=1` adds the fuzz targets, `PUPPETFRONT_BENCHMARKS=1` the benchmarks' programs, `PUPPETFRONT_SIMULATION=1` the
/// program that plays the simulation. scripts/test builds all of them, so that they keep up with the rest.
let isFuzzing = Context.environment["PUPPETFRONT_FUZZ"] == "1"
let isBenchmarking = Context.environment["PUPPETFRONT_BENCHMARKS"] == "1"
/// `PUPPETFRONT_TESTS=BalancingTests,AdminTests` builds these test targets alone: a short way to one part's tests.
let onlyTests = Context.environment["PUPPETFRONT_TESTS"].map { Set($0.split(separator: ",").map(String.init)) }
let isSimulating = Context.environment["PUPPETFRONT_SIMULATION"] == "1"

// The targets and what each may import: Sources/README.md gives the reasons, scripts/check-imports holds the code to it.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    // Checks of exclusive access at run time cost a third of a request's instructions; debug builds, and so the tests, keep them.
    // libFuzzer sees where the code goes.
    .unsafeFlags(isFuzzing ? ["-sanitize=fuzzer"] : []),
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A fuzz target runs libFuzzer's driver itself, since SwiftPM names the entry point. libFuzzer's own `main` is linked all the same, and
/// wants a function that is never called.
func fuzzer(_ name: String, _ invariants: String) -> Target {
    .executableTarget(
        name: name, dependencies: [.target(name: invariants), "CLibFuzzer"], path: "Tests/Fuzz/\(name)",
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
        linkerSettings: [
            .unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld", "-Xlinker", "--defsym=LLVMFuzzerTestOneInput=\(name)_main"])
        ])
}

let fuzzTargets: [Target] = [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
    fuzzer("FuzzPath", "PuppetInvariants"),
    fuzzer("FuzzForm", "PuppetInvariants"),
    fuzzer("FuzzRequestHead", "HTTP1Invariants"),
    fuzzer("FuzzResponseHead", "HTTP1Invariants"),
    fuzzer("FuzzChunked", "HTTP1Invariants"),
    fuzzer("FuzzHTTP2", "HTTP2Invariants"),
    fuzzer("FuzzPeers", "PeersInvariants"),
    fuzzer("FuzzConfiguration", "ConfigurationInvariants"),
]

let benchmarkTargets: [Target] = [
    library("LoadKit", ["CLinux", "COpenSSL"], path: "Benchmarks/LoadKit"),
    .executableTarget(
        name: "LoadGenerator", dependencies: ["LoadKit", "CLinux", "COpenSSL"], path: "Benchmarks/LoadGenerator", swiftSettings: strict),
    .executableTarget(name: "Backend", dependencies: ["LoadKit", "CLinux"], path: "Benchmarks/Backend", swiftSettings: strict),
    .target(name: "AllocationCount", path: "Benchmarks/AllocationCount"),
    .executableTarget(
        name: "DecisionCost", dependencies: ["Model", "Puppet", "Settings", "Routing", "Balancing", "Forwarding", "AllocationCount"],
        path: "Benchmarks/DecisionCost", swiftSettings: strict),
    .executableTarget(
        name: "HerdAgents", dependencies: ["LoadKit", "CLinux", "COpenSSL"], path: "Benchmarks/HerdAgents", swiftSettings: strict),
    .executableTarget(
        name: "Fleet", dependencies: ["LoadKit", "Model", "Puppet", "Settings", "Routing", "Balancing", "Forwarding"],
        path: "Benchmarks/Fleet", swiftSettings: strict),
    .executableTarget(name: "HerdServer", dependencies: ["LoadKit"], path: "Benchmarks/HerdServer", swiftSettings: strict),
]

let simulationTargets: [Target] = [
    .executableTarget(
        name: "puppetfront-simulation", dependencies: ["Simulation"], path: "Tests/SimulationCommand", swiftSettings: strict)
]

let package = Package(
    name: "puppetfront",
    products: [.executable(name: "puppetfront", targets: ["puppetfront"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "CLinux"),

        library("Model", []),
        library("Buffers", ["CLinux"]),
        library("Puppet", ["Model"]),
        library("Settings", ["Model", "Puppet"]),
        library("Routing", ["Model", "Puppet", "Settings"]),
        library("Balancing", ["Model", "Settings"]),
        library("Explain", ["Model", "Puppet", "Settings", "Routing", "Balancing"]),
        library("ConfigFile", ["Model", "Puppet", "Settings", "CLinux", yams]),
        library("Telemetry", ["Model", "Settings"]),
        library("HTTP1", ["Model", "Buffers"]),
        library("HTTP2", ["Model", "Buffers", "CNghttp2"]),
        library("TLS", ["Model", "Settings", "Buffers", "CLinux", "COpenSSL"]),
        library("Network", ["Buffers", "CLinux"]),
        library("AccessLogging", ["Model", "Settings", "Telemetry", "Network", "CLinux", logging]),
        library("Hooks", ["Model", "Network", "CLinux", logging]),
        library("Forwarding", ["Model", "Puppet", "Settings", "Routing", "Balancing"]),
        library("Peers", []),
        library("Anycast", ["Model", "Settings"]),
        library("Admin", ["Model", "Settings", "Balancing", "Peers", "Telemetry", "Explain"]),
        library(
            "Engine",
            [
                "Model", "Buffers", "Puppet", "Settings", "Routing", "Balancing", "Peers", "Explain", "Telemetry", "HTTP1", "HTTP2", "TLS",
                "Network",
                "AccessLogging", "Hooks", "Forwarding", "Admin", "Anycast", "CLinux", "CNghttp2", logging,
            ]),
        library("StandIn", ["COpenSSL"]),
        .executableTarget(
            name: "puppetfront",
            dependencies: ["ConfigFile", "Engine", "Explain", "StandIn", argumentParser, logging],
            swiftSettings: strict),

        library("TestKit", ["StandIn", "CNghttp2", logging], path: "Tests/TestKit"),
        library("PuppetInvariants", ["Model", "Puppet"], path: "Tests/Fuzz/PuppetInvariants"),
        library("HTTP1Invariants", ["HTTP1", "Model", "Buffers"], path: "Tests/Fuzz/HTTP1Invariants"),
        library("HTTP2Invariants", ["HTTP2", "HTTP1", "Model", "Buffers"], path: "Tests/Fuzz/HTTP2Invariants"),
        library("PeersInvariants", ["Peers"], path: "Tests/Fuzz/PeersInvariants"),
        library("Simulation", ["Balancing", "Forwarding", "Model", "Puppet", "Routing", "Settings"], path: "Tests/Simulation"),
        library("ConfigurationInvariants", ["ConfigFile"], path: "Tests/Fuzz/ConfigurationInvariants"),

        tests("ModelTests", ["Model"]),
        tests("PuppetTests", ["Model", "Puppet", "PuppetInvariants"]),
        tests("RoutingTests", ["Model", "Puppet", "Settings", "Routing"]),
        tests("ExplainTests", ["Model", "Puppet", "Settings", "Explain"]),
        tests("ConfigFileTests", ["ConfigFile", "ConfigurationInvariants", "Settings", "Model", "Puppet"]),
        tests("BalancingTests", ["Balancing", "Model", "Settings"]),
        tests("PeersTests", ["Peers", "PeersInvariants"]),
        tests("TelemetryTests", ["Telemetry", "Model", "Settings"]),
        tests("AdminTests", ["Admin", "Balancing", "Explain", "Model", "Peers", "Settings", "Telemetry"]),
        tests("AnycastTests", ["Anycast", "Model", "Settings"]),
        tests("HTTP1Tests", ["HTTP1", "HTTP1Invariants", "Model", "Buffers"]),
        tests("HTTP2Tests", ["HTTP2", "HTTP2Invariants", "HTTP1", "Model", "Buffers", "CNghttp2", "TestKit"]),
        tests("TLSTests", ["TLS", "Model", "Settings", "Buffers", "COpenSSL"]),
        tests("ForwardingTests", ["Forwarding", "Model", "Routing", "Balancing"]),
        tests("NetworkTests", ["Network"]),
        tests("AccessLoggingTests", ["AccessLogging", "Model", "Network", "Settings", "TestKit"]),
        tests("HooksTests", ["Hooks", "Network", "TestKit", logging]),
        tests(
            "EngineTests",
            [
                "Engine", "AccessLogging", "Admin", "Balancing", "Buffers", "HTTP1", "HTTP2", "Model", "Network", "Puppet", "Routing",
                "Settings", "Telemetry", "TestKit",
                logging,
            ]),
        tests("SimulationTests", ["Simulation"]),
        tests("StandInTests", ["StandIn", "TestKit"]),
        tests("ScenarioTests", ["Puppet", "StandIn", "TestKit"]),
        tests("VersusTests", ["StandIn", "TestKit"]),
        tests("ToolsTests", ["StandIn", "TestKit"]),
        tests("BrowserTests", ["StandIn", "TestKit"]),
        tests("RealPuppetTests", []),
    ] + (isFuzzing ? fuzzTargets : []) + (isBenchmarking ? benchmarkTargets : [])
        + (isSimulating ? simulationTargets : []),
    swiftLanguageModes: [.v6]
)

if let onlyTests { package.targets.removeAll { $0.isTest && !onlyTests.contains($0.name) } }
