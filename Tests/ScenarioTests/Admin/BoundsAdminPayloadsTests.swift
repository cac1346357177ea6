import StandIn
import TestKit
import Testing

/// Payloads that never end hold bounded memory, and leave room for others.
struct BoundsAdminPayloadsTests {
    /// 250 KB of comment lines, as openssl writes them above a list.
    private static let piece = String(repeating: "        Revocation Date: Nov 22 16:38:13 2026 GMT\n", count: 5_000)

    @Test func thirtyUnfinishedPayloadsHoldAtMost32MiB() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        let before = proxy.child.memory("VmRSS")
        var held: [UnixClient] = []
        var rejected = 0
        for _ in 1...30 {
            let client = try UnixClient(socket.path)
            // What was rejected takes no more.
            let isTaken = (try? client.send("set ssl crl-file crl.pem <<END\n" + String(repeating: Self.piece, count: 60))) != nil
            if isTaken, (try? client.send("x\n")) != nil { held.append(client) } else { rejected += 1 }
        }
        let grown = proxy.child.memory() - before
        #expect(grown < 90 << 20, "\(grown >> 20) MiB for 30 payloads of 15 MB")
        #expect(rejected >= 27, "at most three have room")
        #expect(proxy.messages.contains { $0.contains("payload rejected: all payloads together have at most 32 MiB") })
        #expect(try socket.ask("show info").contains("Pid: \(proxy.child.pid)"), "a command without a payload has room")
        for client in held { client.close() }
        let answer = try socket.ask("set ssl crl-file \(scene.folder.path)/crl.pem <<END\n\(scene.authority.crlPEM())\nEND")
        #expect(answer.contains("transaction created"), "once they are closed there is room again: \(answer)")
    }
}
