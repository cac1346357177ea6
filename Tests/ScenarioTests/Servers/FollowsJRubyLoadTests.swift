import StandIn
import Synchronization
import TestKit
import Testing

struct FollowsJRubyLoadTests {
    /// A server's report of its JRubies; nil: rubbish.
    private final class Status: Sendable {
        let free: Mutex<Int?>
        init(free: Int?) { self.free = Mutex(free) }

        func serve(on server: StandInServer) {
            server.answer { [self] request in
                guard request.path == "/status/v1/services/jruby-metrics" else { return nil }
                guard let free = free.withLock({ $0 }) else { return .text(200, "{\"status\":[]}", type: "application/json") }
                let metrics = "{\"num-jrubies\":4,\"num-free-jrubies\":\(free),\"requested-instances\":[]}"
                return .text(200, "{\"status\":{\"experimental\":{\"metrics\":\(metrics)}}}", type: "application/json")
            }
        }
    }

    @Test func requestsGoWhereJRubiesAreFreeUntilThatIsUnknown() throws {
        let scene = try Scene()
        let servers = try ["busy", "idle"].map { try scene.server($0) }
        let statuses = [Status(free: 0), Status(free: 4)]
        for (server, status) in zip(servers, statuses) { status.serve(on: server) }
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["balance: least-connections", "load: jruby"],
                    servers: zip(["busy", "idle"], servers).map { Configuration.server($0, $1.address) })))
        #expect(proxy.waitForMessage { $0.contains("JRubies of server compilers/busy are known: 0 of 4 free, 0 requests waiting.") } != nil)
        #expect(proxy.waitForMessage { $0.contains("JRubies of server compilers/idle are known: 4 of 4 free, 0 requests waiting.") } != nil)
        let client = try scene.connect(proxy)
        let shares = { () throws -> [String: Int] in
            var counts: [String: Int] = [:]
            for _ in 1...10 { counts[try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") ?? "none", default: 0] += 1 }
            return counts
        }
        #expect(try shares() == ["idle": 10])
        for status in statuses { status.free.withLock { $0 = nil } }
        for name in ["busy", "idle"] {
            let line = proxy.waitForMessage(within: .seconds(25)) { $0.contains("JRubies of server compilers/\(name) are not known") }
            #expect(line?.contains("reason: no count of JRubies in the response") == true, "\(proxy.messages)")
        }
        #expect(try shares() == ["busy": 5, "idle": 5])
        #expect(servers.allSatisfy { $0.requests.filter { $0.path.hasPrefix("/status/") }.count <= 6 }, "asked every 5 s")
    }

    @Test func aServerThatIsDownIsNotAsked() throws {
        let scene = try Scene()
        let server = try scene.server()
        Status(free: 1).serve(on: server)
        let check = "check: { request: \"GET /nowhere\", expect: { status: 299 }, inter: 100ms, rise: 1, fall: 1 }"
        let proxy = try scene.start(.pool(server.address, lines: ["load: jruby", "panic: 0%", check]))
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") } != nil)
        // One may still have been on its way.
        #expect(waitUntil { server.requests.filter { $0.path == "/nowhere" }.count > 20 })
        let before = server.requests.filter { $0.path.hasPrefix("/status/") }.count
        #expect(waitUntil { server.requests.filter { $0.path == "/nowhere" }.count > 60 })
        #expect(server.requests.filter { $0.path.hasPrefix("/status/") }.count == before)
    }
}
