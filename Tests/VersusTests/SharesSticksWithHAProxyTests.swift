import StandIn
import TestKit
import Testing

/// puppetfront and HAProxy as peers: what one learns the other knows, whatever happens to them and to the link.
@Suite(.serialized) struct SharesSticksWithHAProxyTests {
    private func stick(_ peers: StickPeers, haproxy: ClosedRange<Int>, ours: ClosedRange<Int>) throws {
        for number in haproxy {
            _ = try peers.askHAProxy("set table sources key 10.0.0.\(number) data.server_id \(number % 2 + 1)")
            _ = try peers.askHAProxy("set table compilers key h\(number).example.org data.server_id \(number % 2 + 1)")
        }
        for number in ours {
            #expect(try peers.askOurs("set table sources key 10.0.1.\(number) data.server_key p\(number % 2 + 1)") == "\n")
            #expect(try peers.askOurs("set table compilers key p\(number).example.org data.server_key p\(number % 2 + 1)") == "\n")
        }
    }

    private func agree(_ peers: StickPeers, on count: Int, sources: Int? = nil) throws {
        for table in ["sources", "compilers"] {
            let agrees = try peers.agree(table, on: table == "sources" ? sources ?? count : count)
            let (theirs, own) = agrees ? ([], []) : try peers.sticks(table)
            let shown = agrees ? "" : try peers.askHAProxy("show peers") + peers.askOurs("show peers")
            let lines = peers.ours?.child.errorLines ?? []
            #expect(agrees, "\(table): HAProxy has \(theirs), puppetfront \(own)\n\(shown)\n\(lines)")
        }
    }

    @Test(arguments: [("", false), (" len 64", false), (" len 64", true)])
    func bothLearnFromEachOther(_ keyWords: String, _ tls: Bool) throws {
        let peers = try StickPeers(tls: tls, keyWords: keyWords)
        try peers.startOurs()
        try peers.startHAProxy()
        try stick(peers, haproxy: 1...4, ours: 1...3)
        try agree(peers, on: 7)
        // HAProxy's table has no place for it, and goes on with what follows.
        #expect(try peers.askOurs("set table sources key 2001:db8::1 data.server_key p1") == "\n")
        #expect(try peers.askOurs("set table sources key 10.0.1.9 data.server_key p1") == "\n")
        #expect(waitUntil { (try? peers.askHAProxy("show table sources").contains("key=10.0.1.9 ")) == true })
        #expect(try peers.askOurs("clear table sources key 2001:db8::1") == "\n")
        try agree(peers, on: 7, sources: 8)
        let table = try peers.askOurs("show table sources")
        #expect(table.hasPrefix("# table: sources, type: ip, size:307200, used:8\n"))
        #expect(try peers.askHAProxy("show table sources").hasPrefix("# table: sources, type: ip, size:307200, used:8\n"))
        let shown = try peers.askOurs("show peers grnet")
        #expect(shown.contains(": id=hap(remote,active) addr=127.0.0.1:") && shown.contains(" last_status=ESTA "))
        #expect(try peers.askHAProxy("show peers").contains(": id=pf(remote,active) "))
        #expect(try peers.askOurs("show info").contains("ConnectedPeers: 1\n"))
        #expect(try peers.askOurs("show peers nowhere") == "No such peers\n\n")
    }

    @Test func bothLearnAgainAfterTheyWereKilled() throws {
        let peers = try StickPeers()
        try peers.startHAProxy()
        try peers.startOurs()
        try stick(peers, haproxy: 1...4, ours: 1...3)
        try agree(peers, on: 7)
        peers.killHAProxy()
        try peers.startHAProxy()
        try agree(peers, on: 7)
        peers.killOurs()
        try peers.startOurs()
        try agree(peers, on: 7)
        try stick(peers, haproxy: 5...6, ours: 4...5)
        try agree(peers, on: 11)
    }

    @Test func whatChangesWhileTheLinkIsCutIsSentAfterwards() throws {
        let peers = try StickPeers()
        try peers.startHAProxy()
        try peers.startOurs()
        try stick(peers, haproxy: 1...2, ours: 1...2)
        try agree(peers, on: 4)
        peers.cut()
        try stick(peers, haproxy: 3...6, ours: 3...5)
        #expect(waitUntil { (try? peers.askOurs("show peers").contains("(remote,inactive)")) == true })
        try peers.restore()
        try agree(peers, on: 11)
    }

    @Test func aNewInstanceThatTakesOverHasAll() throws {
        let peers = try StickPeers()
        try peers.startHAProxy()
        try peers.startOurs()
        try stick(peers, haproxy: 1...4, ours: 1...3)
        try agree(peers, on: 7)
        let old = try peers.takeOver()
        try agree(peers, on: 7)
        try stick(peers, haproxy: 5...6, ours: 4...5)
        try agree(peers, on: 11)
        #expect(old?.child.waitForEnd() == 0)
    }

    @Test func aReloadThatChangesOtherThingsKeepsTheConnection() throws {
        let peers = try StickPeers()
        try peers.startHAProxy()
        try peers.startOurs()
        try stick(peers, haproxy: 1...1, ours: 1...1)
        try agree(peers, on: 2)
        let text = try peers.folder.read("pf.yaml")
        try peers.folder.write(text.replacing("default: compilers", with: "default: sources"), to: "pf.yaml")
        let count = try peers.connectionCount()
        #expect(try peers.askOurs("reload").contains("generation"))
        try peers.folder.write(text.replacing("members: {", with: "members: { third: \"127.0.0.1:9\","), to: "pf.yaml")
        #expect(try peers.askOurs("reload").contains("generation"))
        #expect(try peers.askOurs("show peers").contains("id=third(remote,inactive)"))
        #expect(try peers.connectionCount() == count)
        try peers.folder.write(text.replacing("expire: 15m", with: "expire: 10m"), to: "pf.yaml")
        #expect(try peers.askOurs("reload").contains("generation"))
        try stick(peers, haproxy: 2...2, ours: 2...2)
        for table in ["sources", "compilers"] { #expect(try peers.agree(table, on: 4, tolerance: 310_000)) }
        #expect(try peers.sticks("sources").ours.allSatisfy { $0.expires <= 600_000 }, "a learned expiry is cut to the pool's own")
    }

    @Test func aCertificateOfTheSameCAIsNoPeers() throws {
        let peers = try StickPeers(tls: true)
        try peers.startOurs()
        let stream = try StandInStream(connectingTo: "127.0.0.1", port: try #require(peers.ports["ours"]).number, timeout: .seconds(10))
        try stream.startTLS(try .client(peers.stranger))
        try stream.write(Array("HAProxyS 2.1\npf\nhap 1 1\n".utf8))
        #expect(peers.ours?.waitForMessage { $0.contains("its certificate is for another name than hap") } != nil)
        #expect(try peers.askOurs("show peers").contains("id=hap(remote,inactive)"))
    }

    /// The first is ended, as HAProxy does.
    @Test func ofTwoConnectionsOfAPeerTheLastStays() throws {
        let peers = try StickPeers()
        try peers.startOurs()
        let port = try #require(peers.ports["ours"]).number
        func call() throws -> StandInStream {
            let stream = try StandInStream(connectingTo: "127.0.0.1", port: port, timeout: .seconds(10))
            try stream.write(Array("HAProxyS 2.1\npf\nhap 1 1\n".utf8))
            var received: [UInt8] = []
            while received.count < 4 { #expect(try stream.read(into: &received) > 0) }
            #expect(received.starts(with: Array("200\n".utf8)))
            return stream
        }
        let first = try call()
        let second = try call()
        var rest: [UInt8] = []
        while try first.read(into: &rest) > 0 {}
        defer { second.close() }
        #expect(try peers.askOurs("show peers").contains("id=hap(remote,active)"))
    }

    /// HAProxy's 200,000 are learned, and taught to a new HAProxy.
    @Test func twoHundredThousandGoThereAndBack() throws {
        let peers = try StickPeers()
        let count = 200_000
        try peers.startHAProxy()
        for first in stride(from: 0, to: count, by: 250) {
            let commands = (first..<first + 250).map { "set table compilers key node\($0).example.org data.server_id \($0 % 2 + 1)" }
            _ = try peers.askHAProxy(commands.joined(separator: ";"))
        }
        try peers.startOurs()
        #expect(try peers.agree("compilers", on: count, within: .seconds(120), tolerance: 30_000))
        peers.killHAProxy()
        try peers.startHAProxy()
        #expect(try peers.agree("compilers", on: count, within: .seconds(120), tolerance: 30_000))
    }
}

extension StickPeers {
    /// `new_conn` of HAProxy's line in our `show peers`.
    fileprivate func connectionCount() throws -> String? {
        let text = try askOurs("show peers").split(separator: "id=hap(").last ?? ""
        return text.split(separator: " ").first { $0.hasPrefix("new_conn=") }.map(String.init)
    }
}
