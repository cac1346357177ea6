import Peers
import Testing

/// What is said and understood on a connection between peers.
@Suite struct PeerSessionTests {
    @Test func callsByName() {
        var probe = PeerProbe()
        probe.session = PeerSession(calling: "b", from: "a", [], now: 0)
        #expect(probe.writtenText() == "HAProxyS 2.1\nb\na 1 1\n")
        probe.give("20")
        #expect(!probe.session.isEstablished)
        probe.give("0\n")
        #expect(probe.session.isEstablished)
    }

    @Test func takesACallOfAMember() {
        var probe = PeerProbe()
        probe.give("HAProxyS 2.1\na\nb 4242 1\n")
        #expect(probe.session.awaitsAcceptance && probe.session.remote == "b")
        probe.accept()
        #expect(probe.session.isEstablished)
        #expect(probe.writtenText() == "200\n")
    }

    /// As HAProxy may send it after its greeting at once.
    @Test func readsOnAfterItsGreeting() {
        var probe = PeerProbe()
        probe.give(Array("HAProxyS 2.1\na\nb 1 1\n".utf8) + [0, 4])
        #expect(probe.session.counters.heartbeatsReceived == 0)
        probe.accept()
        #expect(probe.session.counters.heartbeatsReceived == 1)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\n", PeerFault.badHello, "501\n"), ("HAProxyS 3.0\n", .badVersion, "502\n"),
        ("HAProxyS 2.2\n", .badVersion, "502\n"), ("HAProxyS 2.1\nother\n", .notForUs, "503\n"),
        ("HAProxyS 2.1\na\nstranger 1 1\n", .unknownPeer, "504\n"), ("HAProxyS 2.1\na\na 1 1\n", .ourOwnName, "504\n"),
    ])
    func rejectsCalls(_ text: String, _ fault: PeerFault, _ status: String) {
        var probe = PeerProbe()
        probe.give(text)
        #expect(probe.session.fault == fault)
        #expect(probe.writtenText() == status)
        #expect(!probe.session.isEstablished)
    }

    @Test func rejectsAGreetingWithoutEnd() {
        var probe = PeerProbe()
        probe.give(Array(repeating: UInt8(ascii: "x"), count: 2000))
        #expect(probe.session.fault == .longLine)
    }

    @Test func isRefusedWithACode() {
        var probe = PeerProbe()
        probe.session = PeerSession(calling: "b", from: "a", [], now: 0)
        probe.give("300\n")
        #expect(probe.session.fault == .refused(300))
    }

    @Test func learnsAnAddress() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.addresses)
        probe.give(PeerProbe.message(0x85, [0, 0, 0, 7, 0, 0, 0x27, 0x10, 10, 0, 0, 5, 3]))
        let entry = PeerEntry(
            key: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 5], server: [], serverNumber: 3, remaining: 10_000)
        #expect(probe.learned() == [entry])
        // Acknowledged with the peer's own number of the table.
        #expect(probe.written() == [10, 0x84, 5, 1, 0, 0, 0, 7])
    }

    @Test func learnsNamesOnceAndByNumberThen() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.strings)
        probe.give(PeerProbe.update(id: 1, key: "web1", number: 2, name: [5, 2] + "p2".utf8))
        probe.give(PeerProbe.update(id: 2, key: "web2", number: 2, name: [5]))
        #expect(probe.learned().map(\.server) == [Array("p2".utf8), Array("p2".utf8)])
        // One acknowledgement for both.
        #expect(probe.written() == [10, 0x84, 5, 1, 0, 0, 0, 2])
    }

    @Test func countsIncrementalUpdatesOn() {
        var probe = PeerProbe.established()
        let increment = PeerProbe.message(0x81, [1, UInt8(ascii: "y"), 1, 0])
        probe.give(PeerProbe.strings + PeerProbe.update(id: 9, key: "x", number: 1, name: []) + increment)
        #expect(probe.learned().count == 2)
        #expect(probe.written() == [10, 0x84, 5, 1, 0, 0, 0, 10])
    }

    @Test func cutsALearnedExpiryToItsOwn() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.addresses)
        probe.give(PeerProbe.message(0x85, [0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF, 10, 0, 0, 5, 3]))
        #expect(probe.learned().map(\.remaining) == [60_000])
    }

    // MARK: Sending

    @Test func definesATableBeforeItsUpdates() {
        var probe = PeerProbe.established()
        let entry = PeerEntry(key: Array("web1".utf8), server: Array("p1".utf8), serverNumber: 1)
        probe.session.push([(5, entry)], table: 0, last: 6)
        let definition = PeerProbe.message(
            0x82, [1, 9] + "compilers".utf8 + [6, 32, 0xF1, 0xF1, 0xFE, 0x00, 0xF0, 0xAB, 0xB6, 0x02])
        let update = PeerProbe.message(0x80, [0, 0, 0, 5, 4] + "web1".utf8 + [1, 4, 1, 2] + "p1".utf8)
        #expect(probe.written() == definition + update)
        #expect(probe.session.sent(0) == 6 && probe.session.lag == 5)
        probe.give(PeerProbe.message(0x84, [1, 0, 0, 0, 5]))
        #expect(probe.session.lag == 0 && probe.session.acknowledgedUpdates["compilers"] == 5)
    }

    @Test func ignoresAcknowledgementsOfWhatWasNeverSent() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.message(0x84, [1, 1, 0, 0, 0]))
        probe.give(PeerProbe.message(0x84, [77, 0, 0, 0, 1]))
        #expect(probe.session.isEstablished && probe.session.acknowledgedUpdates["compilers"] == 0)
    }

    @Test func teachesAllWhenAsked() {
        var probe = PeerProbe.established()
        probe.give([0, 0])
        var taught = 0
        while let (table, place) = probe.session.teaching {
            let key = table == 0 ? Array("web\(place)".utf8) : [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, 1]
            let entry = PeerEntry(key: key, server: Array("p1".utf8), serverNumber: 1, remaining: 30_000)
            probe.session.teach([entry], next: place < 2 ? place + 1 : nil, isUpToDate: true)
            taught += 1
        }
        #expect(taught == 6 && probe.session.counters.updatesSent == 6)
        #expect(Array(probe.written().suffix(2)) == [0, 1])
        probe.give([0, 3])
        #expect(probe.session.counters.confirmations == 1)
    }

    @Test func saysThatItIsNotUpToDateItself() {
        var probe = PeerProbe.established()
        probe.give([0, 0])
        while probe.session.teaching != nil { probe.session.teach([], next: nil, isUpToDate: false) }
        #expect(Array(probe.written().suffix(2)) == [0, 2])
    }

    @Test func sendsAgainInTheFormThatThePeerHas() {
        var probe = PeerProbe.established()
        let entry = PeerEntry(key: Array("web1".utf8), server: Array("p1".utf8), serverNumber: 1)
        probe.session.push([(1, entry)], table: 0, last: 1)
        _ = probe.written()
        probe.give(PeerProbe.definition("compilers", type: 6, length: [65]))
        #expect(probe.session.teaching?.table == 0)
        probe.session.teach([entry], next: nil, isUpToDate: true)
        let written = probe.written()
        // The definition has the length of the peer's keys; teaching without a request has no end message.
        #expect(written[14...15] == [6, 65])
        #expect(Array(written.suffix(2)) == Array("p1".utf8) || written.last == 1)
        #expect(probe.session.teaching == nil)
    }

    /// HAProxy's `type ip` ignores the second definition and what follows it; puppetfront learns both.
    @Test func sendsAddressesOfBothKindsToPuppetfront() {
        var probe = PeerProbe.established()
        var other = PeerProbe.established()
        let v4: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1]
        let v6: [UInt8] = [0x20, 0x01] + [UInt8](repeating: 0, count: 13) + [1]
        for (number, key) in [v4, v6, v4].enumerated() {
            let entry = PeerEntry(key: key, server: Array("p1".utf8), serverNumber: 1)
            probe.session.push([(UInt32(number) + 1, entry)], table: 1, last: UInt32(number) + 1)
        }
        other.give(probe.written())
        #expect(other.learned().map(\.key) == [v4, v6, v4])
        #expect(other.session.teaching == nil, "its own form stays")
        probe.give(other.written())
        #expect(probe.session.lag == 0)
    }

    @Test func givesTheOldestNumberToA129thName() {
        var probe = PeerProbe.established()
        for number in 0...128 {
            let entry = PeerEntry(key: [65], server: Array("server\(number)".utf8), serverNumber: 1)
            probe.session.push([(UInt32(number) + 1, entry)], table: 0, last: UInt32(number) + 1)
        }
        let names = probe.session.dictionaries.sent
        #expect(names.count == 128)
        #expect(names.first { $0.name == Array("server128".utf8) }?.number == 1)
        #expect(!names.contains { $0.name == Array("server0".utf8) })
    }

    // MARK: Time

    @Test func sendsAHeartbeatAfterThreeSeconds() {
        var probe = PeerProbe.established()
        probe.pass(2)
        #expect(probe.written().isEmpty)
        probe.pass(1)
        #expect(probe.written() == [0, 4])
    }

    @Test func givesUpASilentPeerAfterFiveSeconds() {
        var probe = PeerProbe.established()
        probe.pass(4)
        _ = probe.written()
        probe.give([0, 4])
        probe.pass(4)
        #expect(probe.session.fault == nil)
        probe.pass(1)
        #expect(probe.session.fault == .silent)
    }

    @Test func givesUpACallerThatNeverGreets() {
        var probe = PeerProbe()
        probe.pass(5)
        #expect(probe.session.fault == .silent)
    }

    @Test func learnsAllThatAPeerHas() {
        var probe = PeerProbe.established()
        probe.session.requestResync(now: probe.now)
        #expect(probe.written() == [0, 0] && probe.session.isLearning)
        probe.give([0, 1])
        #expect(probe.session.takeResynced() == true && !probe.session.isLearning)
        #expect(probe.written() == [0, 3])
    }
}
