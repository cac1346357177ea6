import Foundation
import StandIn
import TestKit
import Testing

/// `state_file`: what operators, checks and agents have said of servers outlives the process.
struct KeepsStateTests {
    private func configuration(_ scene: Scene, _ addresses: String...) -> Configuration {
        Configuration(
            .init(
                servers: addresses.enumerated().map { Configuration.server("s\($0 + 1)", $1) },
                ["check: { inter: 200ms }", "stick: { on: certname, expire: 15m }"]),
            lines: [RuntimeSocket(scene).line(), "state_file: state"])
    }

    private func run(_ scene: Scene) throws -> ProxyProcess { try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml") }

    private func stop(_ proxy: ProxyProcess) {
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func whatWasSaidOfServersHoldsAfterARestart() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        try scene.write(configuration(scene, server.address, server.address, server.address))
        let first = try run(scene)
        for command in [
            "set server compilers/s1 state drain", "set server compilers/s2 state maint", "set server compilers/s3 weight 7",
            "set maxconn server compilers/s3 9", "set table compilers key web1.test data.server_key s3",
        ] { #expect(try socket.ask(command) == "", "\(command)") }
        stop(first)
        let text = try scene.folder.read("state")
        #expect(text.hasPrefix("1\n# be_id be_name "))
        let mode = try FileManager.default.attributesOfItem(atPath: scene.folder.path + "/state")[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600, "certnames are in it")
        let second = try run(scene)
        // Before the first check the status has a counter.
        #expect(try waitUntil { try socket.stat("compilers", "s1")["status"] == "DRAIN" })
        #expect(try socket.stat("compilers", "s2")["status"] == "MAINT")
        #expect(try socket.stat("compilers", "s3")["weight"] == "7")
        #expect(try socket.stat("compilers", "s3")["slim"] == "9")
        #expect(try socket.ask("show table compilers key web1.test").contains("server_key=s3"))
        #expect(second.messages.contains { $0.contains("state restored") && $0.contains("servers=3 sticks=1") }, "\(second.messages)")
    }

    @Test func whatOperatorsSaidHoldsAfterACrash() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        try scene.write(configuration(scene, server.address, server.address))
        let first = try run(scene)
        #expect(try socket.ask("set server compilers/s1 state maint; set server compilers/s2 weight 7") == "\n")
        #expect(
            waitUntil { (try? scene.folder.read("state"))?.contains(" s2 127.0.0.1 2 0 7 ") == true },
            "\((try? scene.folder.read("state")) ?? "")")
        first.child.signal(SIGKILL)
        _ = first.child.waitForEnd()
        let second = try run(scene)
        #expect(try socket.stat("compilers", "s1")["status"] == "MAINT")
        #expect(try socket.stat("compilers", "s2")["weight"] == "7")
        #expect(second.messages.contains { $0.contains("state restored") && $0.contains("servers=2 sticks=0") }, "\(second.messages)")
    }

    /// The configuration has their addresses, whatever was set at run time and however an address is written.
    @Test func serversAtOtherAddressesKeepTheirStateToo() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        try scene.write(configuration(scene, "[0:0::1]:\(try LoopbackPort().number)", server.address, server.address))
        let first = try run(scene)
        for command in [
            "set server compilers/s1 state drain", "set server compilers/s2 state drain",
            "set server compilers/s3 weight 7; set server compilers/s3 state maint",
        ] { #expect(try socket.ask(command).isEmpty || command.contains(";"), "\(command)") }
        _ = try socket.ask("set server compilers/s2 addr 127.0.0.2; set server compilers/s3 addr 127.0.0.3 port 9")
        #expect(try socket.ask("show servers state").contains(" s1 ::1 "))
        #expect(
            try socket.ask("show servers state").split(separator: "\n").contains { $0.contains(" s3 127.0.0.3 ") && $0.contains(" 9 - ") })
        stop(first)
        let second = try run(scene)
        let fields = try socket.ask("show servers state").split(separator: "\n").dropFirst(2).map { $0.split(separator: " ") }
        #expect(fields.map { "\($0[4]) \($0[6]) \($0[7])" } == ["::1 8 1", "127.0.0.1 8 1", "127.0.0.1 1 7"], "drain, drain, maint")
        #expect(second.messages.contains { $0.contains("state restored") && $0.contains("servers=3 ") }, "\(second.messages)")
    }

    /// A server that was moved to another address is another server.
    @Test func unknownOrChangedServersBeginWithoutState() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let (one, two) = (try scene.server(), try scene.server())
        try scene.write(configuration(scene, one.address, one.address))
        let first = try run(scene)
        #expect(try socket.ask("set server compilers/s1 state maint; set server compilers/s2 state maint") == "\n")
        stop(first)
        try scene.write(configuration(scene, two.address))
        let second = try run(scene)
        #expect(try socket.stat("compilers", "s1")["status"] != "MAINT")
        let lines = second.messages.filter { $0.contains("state restored") }
        #expect(lines.count == 1 && lines[0].contains("servers=0 sticks=0 unknown_or_changed=compilers/s1,compilers/s2"), "\(lines)")
    }

    @Test(arguments: ["", "2\n", "1\nnonsense\n", "1\n#stick compilers\n", "1\n# be_id"])
    func aMalformedFileIsReportedAndChangesNothing(_ content: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        try scene.write(configuration(scene, server.address))
        try scene.folder.write(content, to: "state")
        let proxy = try run(scene)
        #expect(proxy.messages.contains { $0.contains("state_file is not used") && $0.contains("line=") }, "\(proxy.messages)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func aFailedWriteIsRetriedUntilItSucceedsAndIsAMetric() throws {
        let scene = try Scene()
        let server = try scene.server()
        var wanted = configuration(scene, server.address)
        wanted.lines = AdminScene.lines + ["state_file: later/state"]
        try scene.write(wanted)
        let proxy = try run(scene)
        func metric(_ name: String) throws -> Int {
            let page = try AdminScene.connect(proxy).exchange(AdminScene.get("/metrics")).text
            let line = page.split(separator: "\n").first { $0.hasPrefix("puppetfront_\(name) ") }
            return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
        }
        #expect(proxy.waitForMessage { $0.contains("state_file cannot be written, will be retried") } != nil, "\(proxy.messages)")
        #expect(try metric("state_file_stale") == 1)
        #expect(try waitUntil { try metric("state_file_write_failures_total") >= 2 })
        try FileManager.default.createDirectory(atPath: scene.folder.path + "/later", withIntermediateDirectories: false)
        #expect(waitUntil { (try? scene.folder.read("later/state"))?.hasPrefix("1\n") == true })
        #expect(try waitUntil { try metric("state_file_stale") == 0 })
        stop(proxy)
        #expect(proxy.messages.count { $0.contains("state_file cannot be written") } == 1, "\(proxy.messages)")
    }

    /// Opening a named pipe waits for the other end.
    @Test func aPipeInItsPlaceHoldsNothingUp() throws {
        let scene = try Scene()
        let server = try scene.server()
        try scene.write(configuration(scene, server.address))
        #expect(mkfifo(scene.folder.path + "/state", 0o600) == 0)
        let proxy = try run(scene)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(proxy.messages.contains { $0.contains("state_file is not used") && $0.contains("not a regular file") }, "\(proxy.messages)")
        #expect(proxy.waitForMessage { $0.contains("state_file cannot be written") && $0.contains("not a regular file") } != nil)
        proxy.terminate()
        #expect(proxy.child.waitForEnd(within: .seconds(15)) == 0)
    }
}
