import Foundation
import StandIn
import TestKit
import Testing

/// Standard output and standard error that are closed, that are not read, or whose reader has ended.
struct SurvivesDeadOutputsTests {
    @Test func closedStandardOutputIsReportedAndCounted() throws {
        let log = try LogScene(to: "stdout")
        let proxy = try log.start(shell: "exec \"$@\" >&-")
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 10)
        #expect(proxy.waitForMessage { $0.contains("access log: standard output: write: Bad file descriptor") } != nil, "\(proxy.messages)")
        try log.send(client, count: 12, targetCount: LogScene.longCount)
        #expect(try waitUntil { try log.dropped(proxy) > 0 })
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(proxy.waitForMessage { $0.contains("standard output is given up, 22 lines were lost") } != nil, "\(proxy.messages)")
        #expect(proxy.waitForMessage { $0.contains(" ended ") && $0.contains("log_lines_dropped=22") } != nil, "\(proxy.messages)")
    }

    @Test func aReaderThatDiesIsNotTheEnd() throws {
        let log = try LogScene(to: "stdout")
        let pipe = try NamedPipe(log.path("pipe"))
        let proxy = try log.start(shell: "exec \"$@\" >\(pipe.path)")
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 10)
        #expect(waitUntil { pipe.read() == 10 })
        pipe.close()
        try log.send(client, count: 10)
        #expect(
            proxy.waitForMessage { $0.contains("access log: standard output: write: Broken pipe; lines wait") } != nil, "\(proxy.messages)")
        try log.send(client, count: 10)
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(proxy.waitForMessage { $0.contains("log_lines_dropped=20") } != nil, "\(proxy.messages)")
    }

    @Test func aReaderThatStopsDelaysNoRequest() throws {
        let log = try LogScene(to: "stdout")
        let pipe = try NamedPipe(log.path("pipe"))
        let proxy = try log.start(shell: "exec \"$@\" >\(pipe.path)")
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 15, targetCount: LogScene.longCount)
        let message = proxy.waitForMessage { $0.contains("standard output: takes lines more slowly than they come; lines wait") }
        #expect(message != nil, "\(proxy.messages)")
        #expect(try log.dropped(proxy) > 0)
        proxy.terminate()
        #expect(proxy.child.waitForEnd(within: .seconds(9)) == 0, "who does not read is waited for, but not long")
        #expect(proxy.waitForMessage { $0.contains("standard output is given up, ") } != nil, "\(proxy.messages)")
    }

    @Test func aSlowReaderGetsEveryLineWhole() throws {
        let log = try LogScene(to: "stdout")
        let pipe = try NamedPipe(log.path("pipe"))
        let proxy = try log.start(shell: "exec \"$@\" >\(pipe.path)")
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 15, targetCount: LogScene.longCount)
        #expect(try waitUntil(within: .seconds(60)) { try log.dropped(proxy) > 0 })
        #expect(try waitUntil(within: .seconds(60)) { try pipe.read() + log.dropped(proxy) == 15 })
        #expect(pipe.lines.allSatisfy { LogLine($0) != nil }, "no line is torn")
        try log.send(client, count: 3)
        #expect(try waitUntil(within: .seconds(60)) { try pipe.read() + log.dropped(proxy) == 18 })
    }

    /// A closed descriptor's number must not go to a connection, nor what is said to an agent.
    @Test func closedStandardErrorIsNotTheEnd() throws {
        let log = try LogScene(to: "access.log")
        let port = try LoopbackPort()
        let proxy = try log.startUnheard(listening: port.number, shell: "exec \"$@\" <&- >&- 2>&-")
        let client = try RawClient(port.number, tls: log.scene.tls())
        try log.send(client, count: 10)
        for number in 0...2 {
            let held = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(proxy.pid)/fd/\(number)")
            #expect(held == "/dev/null")
        }
        log.server.stop()
        #expect(try client.exchange(Requests.metadata()).status == 503)
        proxy.signal(SIGHUP)
        try log.server.start()
        #expect(try waitUntil { try client.exchange(Requests.metadata()).status == 200 })
        proxy.signal(SIGTERM)
        #expect(proxy.waitForEnd() == 0)
    }

    @Test func unreadMessagesDelayNoRequest() throws {
        let log = try LogScene(to: "access.log")
        let port = try LoopbackPort()
        let pipe = try NamedPipe(log.path("pipe"))
        let proxy = try log.startUnheard(listening: port.number, shell: "exec \"$@\" 2>\(pipe.path)")
        let client = try RawClient(port.number, tls: log.scene.tls())
        pipe.fill()
        let stranger = try StandInTLS.client(StandInAuthority().issue("stranger.test"), caPEM: log.scene.authority.caPEM())
        for _ in 1...5 { _ = try? RawClient(port.number, tls: stranger).exchange(Requests.metadata()) }
        proxy.signal(SIGHUP)
        try log.send(client, count: 10)
        #expect(try waitUntil { try log.socket.ask("show info").contains("\nUptime: ") }, "the control loop goes on")
        pipe.read()
        proxy.signal(SIGHUP)
        let isTold = waitUntil {
            pipe.read()
            return pipe.lines.contains { $0.contains(" warning messages were lost here: ") }
        }
        #expect(isTold, "\(pipe.lines)")
        proxy.signal(SIGTERM)
        #expect(proxy.waitForEnd() == 0)
    }
}
