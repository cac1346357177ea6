import Foundation
import StandIn
import TestKit
import Testing

struct AccessLogTests {
    private static let keys: Set<String> = [
        "time", "id", "site", "listener", "source", "source_port", "client", "serial", "tls", "http", "method", "target", "endpoint",
        "certname", "environment", "environment_source", "ca", "transaction", "route", "pool", "server", "tier", "sticky", "retries",
        "status", "reason", "bytes_in", "bytes_out", "queue_ms", "connect_ms", "response_ms", "total_ms", "termination", "agent_version",
        "compiler", "cause", "error_text", "via",
    ]

    @Test func jsonHasOneRequestALine() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let agent = try scene.authority.issue("agent.test")
        let client = try RawClient(proxy.port(), tls: .client(agent, caPEM: scene.authority.caPEM()))
        let body = "environment=production&transaction_uuid=a38d20ca-c505-4b19-97d6-a08dccf1e52e"
        let request = Requests.make(
            "POST", "/puppet/v3/catalog/agent.test?environment=production",
            fields: ["X-Puppet-Version: 7.23.0", "Content-Type: application/x-www-form-urlencoded"], body: body)
        let answer = try client.exchange(request)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.keys == Self.keys)
        let expected = [
            "listener": "agents", "source": "127.0.0.1", "client": "agent.test", "http": "1.1", "method": "POST",
            "target": "/puppet/v3/catalog/agent.test?environment=production", "endpoint": "catalog", "certname": "agent.test",
            "environment": "production", "environment_source": "body", "transaction": "a38d20ca-c505-4b19-97d6-a08dccf1e52e",
            "route": "environments.default", "pool": "compilers", "server": "s1", "termination": "----", "agent_version": "7.23.0",
            "compiler": "s1", "serial": agent.certificate.serial,
        ]
        for (key, value) in expected { #expect(line.string(key) == value, "\(key) in \(line)") }
        #expect(line.string("tls")?.contains("1.3") == true, "\(line)")
        #expect(line.status == 200)
        #expect(line.int("retries") == 0)
        #expect(line.bool("ca") == false)
        #expect(line.int("bytes_in") == request.utf8.count)
        #expect((line.int("bytes_out") ?? 0) >= answer.bodyCount)
        #expect((line.double("total_ms") ?? -1) >= (line.double("response_ms") ?? 0))
    }

    /// As Ruby sends them: head and content in separate writes, the content in several.
    @Test(arguments: ["POST", "PUT"]) func bytesAreCountedHoweverTheyCome(_ method: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let target = method == "PUT" ? "/puppet/v3/report/agent.test" : "/puppet/v3/catalog/agent.test"
        let content = "environment=production&facts=" + String(repeating: "x", count: 40_000)
        let head =
            "\(method) \(target)?environment=production HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(content.utf8.count)\r\n\r\n"
        for piece in [head, String(content.prefix(7)), String(content.dropFirst(7).prefix(20_000)), String(content.dropFirst(20_007))] {
            try client.send(piece)
            usleep(20_000)
        }
        #expect(try client.readResponse()?.status == 200)
        // A pipelined request after it has its own count.
        try client.send(Requests.metadata() + Requests.metadata())
        for _ in 1...2 { #expect(try client.readResponse()?.status == 200) }
        #expect(waitUntil { proxy.log.count == 3 })
        #expect(
            proxy.log.map { $0.int("bytes_in") ?? -1 } == [head.utf8.count + content.utf8.count] + [
                Requests.metadata().utf8.count, Requests.metadata().utf8.count,
            ])
    }

    @Test func hostileTargetsStayOneLineOfJSON() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        _ = try client.exchange(Requests.get("/puppet/v3/file_content/modules/m/\"quote\\back%0Aline?environment=production"))
        _ = try? client.exchange(Requests.metadata("after"))
        #expect(waitUntil { !proxy.child.outputLines.filter { $0.contains("quote") }.isEmpty })
        let lines = proxy.child.outputLines.filter { $0.contains("quote") }
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { LogLine($0) != nil }, "\(lines)")
    }

    @Test func httplogIsHAProxys() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["logs: { access: { to: access.log, format: httplog } }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        _ = try client.exchange(Requests.metadata())
        _ = try client.exchange(Requests.catalog("other.test"))
        #expect(waitUntil { ((try? scene.folder.read("access.log")) ?? "").split(separator: "\n").count == 2 }, "\(proxy.messages)")
        let lines = try scene.folder.read("access.log").split(separator: "\n").map(String.init)
        let served = try Regex(
            #"^127\.0\.0\.1:\d+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] agents~ compilers/s1 \d+/\d+/\d+/\d+/\d+ 200 \d+ - - ---- "#
                + #"\d+/\d+/\d+/\d+/0 0/0 "GET /puppet/v3/file_metadata/modules/m/a\?environment=production HTTP/1\.1"$"#)
        #expect(lines[0].firstMatch(of: served) != nil, "\(lines[0])")
        let refused = try Regex(#" (compilers|agents)/<NOSRV> \d+/-1/-1/-1/\d+ 403 \d+ - - PR-- .*"POST /puppet/v3/catalog/other\.test"#)
        #expect(lines[1].firstMatch(of: refused) != nil, "\(lines[1])")
    }
}
