import Foundation
import StandIn
import TestKit
import Testing

/// The agent's time and the server's are counted apart, and each only while it is that one's turn.
struct KeepsItsDeadlinesApartTests {
    @Test func aBodyMayComeLaterThanAnIdleServerConnectionWouldLive() throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address, lines: ["timeouts: { response: 60s, idle: 500ms }"])
        configuration.lines = ["limits: { body_prefix: 16k }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        // The server's connection is taken once the first 16 KiB are here.
        try client.send("PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n")
        try client.send(String(repeating: "1", count: 20_000))
        #expect(!client.stream.becomesReadable(within: .milliseconds(900)), "answered before its body was whole")
        try client.send(String(repeating: "2", count: 20_000))
        #expect(try client.readResponse()?.status == 200)
        #expect(server.acceptedCount == 1, "the connection was to be a kept one")
        #expect(server.requests.last?.bodyCount == 40_000)
    }

    @Test func aServerSlowToReadDoesNotCountAgainstTheAgent() throws {
        let scene = try Scene()
        let size = 24 << 20
        let gate = Gate()
        defer { gate.open() }
        let server = try ScriptedServer { head, reader in
            gate.pass()
            try reader.skipContent(of: head)
            try reader.answer("taken")
            return true
        }
        scene.keep(server)
        var configuration = Configuration.pool(server.address, lines: ["timeouts: { response: 60s }"])
        configuration.lines = ["timeouts: { body: 400ms }"]
        let proxy = try scene.start(configuration)
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        let stream = client.stream
        Thread {
            try? stream.write(
                "PUT /puppet/v3/file_bucket_file/md5/00//a?environment=production HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
            try? StandInContent.pieces(size) { (piece) throws(StandInError) in try stream.write(piece) }
        }.start()
        #expect(waitUntil { gate.waitingCount == 1 })
        #expect(!stream.becomesReadable(within: .milliseconds(1200)), "the agent is answered for the server's slowness")
        gate.open()
        #expect(try client.readResponse()?.text == "taken")
        #expect(proxy.waitForLog { _ in true }?.termination == "----")
    }

    @Test func aServerThatStallsOnceASlowReaderHasCaughtUpIsCut() throws {
        let scene = try Scene()
        let server = try ScriptedServer { head, reader in
            try reader.stream.write("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
            try StandInContent.pieces(head.number("size") ?? 0) { (piece) throws(StandInError) in try reader.stream.write(piece) }
            return true
        }
        scene.keep(server)
        let proxy = try scene.start(.pool(server.address, lines: ["timeouts: { response: 700ms }"]))
        // How much waits at which place when the reader starts is up to the kernel: many sizes, for each place.
        let clients = try stride(from: 2_500_000, to: 4_200_000, by: 61_000).map { size in
            let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", receiveBuffer: 4096)
            try client.send(Requests.get("/puppet/v3/file_content/modules/m/a?environment=production&size=\(size)"))
            return (client, size)
        }
        #expect(waitUntil { server.openCount == clients.count })
        for (client, size) in clients {
            // One that was not slow, as the kernel took everything, may have been cut already.
            guard try client.reader.readHead() != nil else { continue }
            try? client.reader.readContent(.length(size)) { _ in }
        }
        for (client, size) in clients { #expect(client.isClosed(within: .seconds(3)), "\(size) bytes, then nothing") }
        #expect(waitUntil { proxy.log.count == clients.count && server.openCount == 0 })
        #expect(proxy.log.allSatisfy { $0.termination?.lowercased() == "sd--" })
    }
}
