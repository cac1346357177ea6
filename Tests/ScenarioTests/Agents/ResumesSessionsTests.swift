import Foundation
import StandIn
import TestKit
import Testing

/// `session_tickets` and `ticket_keys`.
struct ResumesSessionsTests {
    private func configuration(_ server: StandInServer, _ tlsLines: String...) -> Configuration {
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 2 }"]
        configuration.tlsLines = ["session_tickets: true"] + tlsLines
        return configuration
    }

    /// A session of a connection that has received one response.
    private func session(_ proxy: ProxyProcess, _ tls: StandInTLS) throws -> StandInSession {
        let client = try RawClient(proxy.port(), tls: tls)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(!client.stream.isResumed)
        return try #require(client.stream.session)
    }

    private func isResumed(_ session: StandInSession, _ proxy: ProxyProcess, _ tls: StandInTLS) throws -> Bool {
        let client = try RawClient(proxy.port(), tls: tls, session: session)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        return client.stream.isResumed
    }

    private func reload(_ proxy: ProxyProcess, _ word: String = "reloaded") {
        let before = proxy.messages.filter { $0.contains(word) }.count
        proxy.reload()
        #expect(waitUntil { proxy.messages.filter { $0.contains(word) }.count > before }, "\(proxy.messages)")
    }

    @Test(arguments: [Int32(0x0303), 0x0304])
    func atAnyWorkerAndOverReloadsWithTheAgentsIdentity(_ version: Int32) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(configuration(server))
        let tls = try StandInTLS.client(scene.authority.issue("agent.test"), caPEM: scene.authority.caPEM(), version: version)
        let session = try session(proxy, tls)
        // The kernel chooses the worker: sixteen in a row at the same one do not happen.
        for _ in 1...16 { #expect(try isResumed(session, proxy, tls)) }
        reload(proxy)
        #expect(try isResumed(session, proxy, tls))
        let heads = server.requests.map(\.head)
        #expect(Set(heads.compactMap { $0.first("X-Client-DN") }) == ["CN=agent.test"])
        #expect(Set(heads.compactMap { $0.first("X-Client-Verify") }) == ["SUCCESS"])
        #expect(Set(heads.compactMap { $0.first("X-Client-Cert") }).count == 1 && heads.count == 18)
    }

    @Test func withoutTheSettingNoClientGetsATicket() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(client.stream.session == nil)
    }

    @Test func instancesWithTheSameFileTakeEachOthersTickets() throws {
        let scene = try Scene()
        let server = try scene.server()
        try scene.folder.write(keys(1...3), to: "tickets")
        let configuration = configuration(server, "ticket_keys: tickets")
        let (one, two) = (try scene.start(configuration), try scene.start(configuration))
        let tls = try scene.tls()
        let session = try session(one, tls)
        #expect(try isResumed(session, two, tls))
        try scene.folder.write(keys(1...4), to: "tickets")
        reload(two)
        #expect(try isResumed(session, two, tls), "the key is still among the last three")
        try scene.folder.write(keys(1...6), to: "tickets")
        reload(two)
        #expect(waitUntil { (try? isResumed(session, two, tls)) == false }, "now it is not")
    }

    @Test func aBrokenKeyFileIsReportedWithItsLineAndChangesNothing() throws {
        let scene = try Scene()
        let server = try scene.server()
        try scene.folder.write(keys(1...3), to: "tickets")
        let proxy = try scene.start(configuration(server, "ticket_keys: tickets"))
        let tls = try scene.tls()
        let session = try session(proxy, tls)
        try scene.folder.write(keys(4...5) + "nonsense\n" + keys(6...6), to: "tickets")
        reload(proxy, "reload refused")
        #expect(proxy.messages.contains { $0.contains("tickets:3: ") && $0.contains("hint") }, "\(proxy.messages)")
        #expect(try isResumed(session, proxy, tls))
        let check = try ChildProcess([try #require(ProxyProcess.binary), "check", "--config", scene.folder.path + "/puppetfront.yaml"])
        #expect(check.waitForEnd() == 64)
        let isTold = waitUntil { check.errorLines.contains { $0.contains("error: listener agents: ") && $0.contains("tickets:3: ") } }
        #expect(isTold, "\(check.errorLines)")
    }

    @Test func overATakeoverButNotOverARestart() throws {
        let scene = try Scene()
        let server = try scene.server()
        let state = scene.folder.path + "/state"
        var wanted = configuration(server)
        wanted.lines += [RuntimeSocket(scene).line(), "state_file: \(state)"]
        let old = try scene.start(wanted)
        let tls = try scene.tls()
        let session = try session(old, tls)
        let new = try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
        #expect(old.child.waitForEnd() == 0)
        #expect(try isResumed(session, new, tls))
        new.terminate()
        #expect(new.child.waitForEnd() == 0)
        #expect(try !String(contentsOfFile: state, encoding: .utf8).isEmpty)
        #expect(try !isResumed(session, scene.start(wanted), tls), "keys are never written")
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func openSSLsOwnClientResumes(_ version: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(configuration(server))
        try scene.authority.issue("agent.test").write(to: scene.folder.path, as: "agent")
        func connect(_ option: String, says word: String) throws {
            let client = """
                printf 'GET /puppet/v3/file_metadata/modules/m/a?environment=production HTTP/1.1\\r\\nHost: p\\r\\nConnection: close\\r\\n\\r\\n' | \
                openssl s_client \(version) -connect 127.0.0.1:\(proxy.port()) -CAfile ca.pem -cert agent.pem -key agent.key -ign_eof \(option) session
                """
            let child = try ChildProcess(["/bin/sh", "-c", "cd \(scene.folder.path) && \(client)"])
            #expect(child.waitForEnd() == 0)
            let isServed = waitUntil { [word, "HTTP/1.1 200"].allSatisfy { word in child.outputLines.contains { $0.hasPrefix(word) } } }
            #expect(isServed, "\(child.outputLines)")
        }
        try connect("-sess_out", says: "New, TLSv1")
        try connect("-sess_in", says: "Reused, TLSv1")
    }

    /// Lines of a key file: 48 bytes each, 64 letters of base64.
    private func keys(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { String(repeating: "k\($0)+/", count: 16) + "\n" }.joined()
    }
}
