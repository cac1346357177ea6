import Foundation
import TestKit
import Testing

struct DemoRunsTests {
    @Test func itShowsSitesFailingAndRecoveringAndEndsByItself() throws {
        let binary = try #require(ProxyProcess.binary)
        let demo = try ChildProcess([binary, "demo", "--agents", "3", "--once"])
        #expect(demo.waitForEnd(within: .seconds(100)) == 0, "\(demo.outputLines)\n\(demo.errorLines)")
        let folder = demo.outputLines.first?.split(separator: " ").last.map(String.init) ?? "/"
        #expect(!FileManager.default.fileExists(atPath: folder), "\(folder) is gone")
        #expect(demo.outputLines.contains { $0.contains("0 runs without a catalog") }, "\(demo.outputLines)")
    }

    @Test func withoutATerminalItRunsUntilItIsStopped() throws {
        let binary = try #require(ProxyProcess.binary)
        let demo = try ChildProcess(["/bin/sh", "-c", "exec '\(binary)' demo --agents 2 </dev/null"])
        #expect(demo.waitForOutput(within: .seconds(100)) { $0.hasPrefix("The scenario passed; the agents go on") } != nil)
        #expect(demo.waitForEnd(within: .seconds(2)) == nil, "it has ended by itself")
        #expect(demo.outputLines.last?.hasPrefix("statistics at http://127.0.0.1:") == true, "\(demo.outputLines.suffix(2))")
        demo.signal(SIGTERM)
        #expect(demo.waitForEnd(within: .seconds(40)) == 0, "\(demo.outputLines)\n\(demo.errorLines)")
    }

    @Test func anInterruptEndsItCleanly() throws {
        let binary = try #require(ProxyProcess.binary)
        let demo = try ChildProcess([binary, "demo", "--agents", "2"])
        #expect(waitUntil { !demo.outputLines.isEmpty })
        demo.signal(SIGINT)
        #expect(demo.waitForEnd(within: .seconds(40)) == 0, "\(demo.outputLines)\n\(demo.errorLines)")
    }
}
