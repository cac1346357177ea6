import Foundation
import StandIn
import TestKit
import Testing

/// `takeover` on the runtime socket: the caller learns how the upgrade ended.
struct TakesOverByCommandTests {
    private let scene: Scene
    private let server: StandInServer

    init() throws {
        scene = try Scene()
        server = try scene.server()
    }

    private func start() throws -> ProxyProcess {
        var configuration = Configuration.pool(server.address)
        configuration.lines = [RuntimeSocket(scene).line()]
        return try scene.start(configuration)
    }

    private func takeover() throws -> (code: Int32?, output: [String], errors: [String]) {
        let child = try ChildProcess(
            [try #require(ProxyProcess.binary), "ctl", "--socket", RuntimeSocket(scene).path, "takeover"])
        let code = child.waitForEnd(within: .seconds(30))
        return (code, child.outputLines, child.errorLines)
    }

    @Test func theResponseComesFromTheOldInstanceWhenTheNewOneHasTakenOver() throws {
        let proxy = try start()
        let taken = try takeover()
        #expect(taken.code == 0, "\(taken)")
        let line = try #require(taken.output.first)
        let pid = try #require(pid_t(line.drop { !$0.isNumber }.prefix { $0.isNumber }))
        defer { kill(pid, SIGTERM) }
        #expect(line == "Taken over by process \(pid).")
        #expect(try RuntimeSocket(scene).ask("show info").contains("\nPid: \(pid)\n"))
        #expect(proxy.child.waitForEnd() == 0)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200, "at the same port")
    }

    @Test func aFailedOneIsAFailureAndTheOldInstanceContinues() throws {
        let proxy = try start()
        try scene.folder.write("listeners: []\n", to: "puppetfront.yaml")
        for _ in 1...2 {
            let taken = try takeover()
            #expect(taken.code == 1 && taken.output.isEmpty, "\(taken)")
            #expect(
                taken.errors == ["Takeover failed: this instance continues.", "The new instance has ended; its reason is in the log."],
                "\(taken)")
        }
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(try RuntimeSocket(scene).ask("show info").contains("\nPid: \(proxy.child.pid)\n"))
    }
}
