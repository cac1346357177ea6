import ArgumentParser
import Foundation
import StandIn

/// `puppetfront demo`: a throw-away Puppet CA, stand-in servers at three sites, the proxy, and agents that drive it.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Show puppetfront at work with stand-in servers and agents in a temporary folder.")

    @Option(help: "How many agents run.")
    var agents = 12
    @Option(help: "The proxy's port on 127.0.0.1; 0 takes a free one.")
    var port: UInt16 = 0
    @Flag(help: "End after the scenario.")
    var once = false

    func validate() throws {
        guard (1...500).contains(agents) else { throw ValidationError("--agents takes 1 to 500") }
    }

    func run() throws {
        let stopSignals = StopSignals()
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let sites = try DemoSites(folder: folder)
        defer { sites.stop() }
        let proxy = try DemoEngine(configuration: sites.writeConfiguration(port: port))
        defer { proxy.stop() }
        Self.say("puppetfront on 127.0.0.1:\(proxy.port), files in \(folder)")
        if let page = proxy.statisticsAddress { Self.say("statistics at http://\(page)/ with the token \(sites.pageToken)") }
        let scenario = DemoScenario(sites: sites, agentCount: agents, pace: once ? .zero : .seconds(4), say: Self.say)
        stopSignals.onStop { scenario.cancel() }
        let outcome = scenario.run(port: proxy.port)
        if !once && outcome != .cancelled {
            Self.say("")
            Self.say(
                (outcome == .passed ? "The scenario passed" : "The scenario FAILED")
                    + "; the agents go on running until Ctrl-C or SIGTERM.")
            if let page = proxy.statisticsAddress { Self.say("statistics at http://\(page)/ with the token \(sites.pageToken)") }
            stopSignals.wait()
        }
        let isComplete = scenario.finish()
        if outcome == .failed || (outcome == .passed && !isComplete) { throw ExitCode(1) }
    }

    @Sendable private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func makeFolder() throws -> String {
        var template = Array((NSTemporaryDirectory() + "puppetfront-demo-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
