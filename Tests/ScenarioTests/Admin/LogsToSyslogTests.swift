import Foundation
import StandIn
import TestKit
import Testing

/// With a real rsyslogd.
struct LogsToSyslogTests {
    enum Transport: String, CaseIterable { case udp, socket }

    private func start(_ transport: Transport, _ rest: String = "") throws -> (LogScene, SyslogDaemon, ProxyProcess) {
        let folder = try TemporaryFolder()
        let daemon = try SyslogDaemon(in: folder)
        let log = try LogScene(to: "syslog:" + (transport == .udp ? daemon.port.text : daemon.socketPath), rest)
        return (log, daemon, try log.start())
    }

    @Test(arguments: Transport.allCases)
    func everyFieldIsUnderstood(_ transport: Transport) throws {
        let (log, daemon, proxy) = try start(transport)
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 200)
        #expect(waitUntil { daemon.messages.count == 200 }, "\(daemon.messages.count)")
        let messages = daemon.messages
        for message in messages {
            #expect([message.priority, message.id, message.data, message.process] == ["134", "access", "-", "\(proxy.child.pid)"])
        }
        let message = try #require(messages.first)
        #expect(message.host == ProcessInfo.processInfo.hostName || message.host == "-")
        let line = try #require(LogLine(message.text.trimmingCharacters(in: .whitespaces)))
        #expect(line.status == 200 && line.string("client") == "agent.test")
        #expect(message.time >= line.string("time") ?? "z", "when it was sent, not when it was received")
        #expect(message.time.hasSuffix("Z") && message.time.count == "2026-11-22T10:29:37.042Z".count, "\(message.time)")
        #expect(messages.allSatisfy { LogLine($0.text.trimmingCharacters(in: .whitespaces)) != nil })
        #expect(try log.dropped(proxy) == 0)
    }

    @Test(arguments: Transport.allCases)
    func aDaemonThatGoesAndComesBackLosesOnlyWhatIsCounted(_ transport: Transport) throws {
        let (log, daemon, proxy) = try start(transport)
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 20)
        #expect(waitUntil { daemon.messages.count == 20 })
        daemon.stop()
        try log.send(client, count: 20)
        #expect(proxy.waitForMessage { $0.contains("access log: syslog:") && $0.contains("lines wait") } != nil, "\(proxy.messages)")
        try daemon.start()
        try log.send(client, count: 20)
        #expect(proxy.waitForMessage { $0.contains(" is written to again after ") } != nil, "\(proxy.messages)")
        #expect(try waitUntil { try daemon.messages.count + log.dropped(proxy) == 60 }, "\(daemon.messages.count)")
        #expect(daemon.messages.count >= 50)
        #expect(proxy.messages.filter { $0.contains("access log") }.count == 2, "\(proxy.messages)")
        #expect(try log.droppedByMetrics(proxy) == log.dropped(proxy))
    }

    @Test func aLongLineIsCutAndSaysSo() throws {
        let (log, daemon, proxy) = try start(.udp)
        try log.send(try log.scene.connect(proxy), count: 1, targetCount: 20_000)
        #expect(waitUntil { daemon.messages.count == 1 })
        let message = try #require(daemon.messages.first)
        #expect(message.id == "access-cut")
        #expect(LogLine(message.text) == nil, "it cannot be taken for a whole one")
    }

    @Test func theLocalFormIsForTheSystemsSocket() throws {
        let (log, daemon, proxy) = try start(.socket, "syslog: local")
        try log.send(try log.scene.connect(proxy), count: 3)
        #expect(waitUntil { daemon.messages.count == 3 })
        #expect(daemon.messages.allSatisfy { $0.priority == "134" && $0.process == "\(proxy.child.pid)" })
        #expect(daemon.messages.allSatisfy { LogLine($0.text.trimmingCharacters(in: .whitespaces))?.status == 200 })
    }
}
