import Foundation
import Peers
import PeersInvariants
import Testing

/// What broke other receivers: none of it ends more than the connection.
@Suite struct BrokenPeerTests {
    @Test func ignoresATableOfAnUnknownKeyType() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.definition("compilers", type: 9, length: [32]))
        probe.give(PeerProbe.update(id: 1, key: "x", number: 1, name: []))
        #expect(probe.learned().isEmpty && probe.session.isEstablished)
    }

    @Test(arguments: [[0], [129], [0xF0, 0xFF, 0x01]] as [[UInt8]])
    func rejectsANumberBeyondTheDictionary(_ number: [UInt8]) {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.strings + PeerProbe.update(id: 1, key: "x", name: number + [2] + "p1".utf8))
        #expect(probe.session.fault == .malformed)
        #expect(probe.learned().isEmpty)
        #expect(Array(probe.written().suffix(2)) == [1, 0])
    }

    @Test func takesAServerKeyAsLargeAsTheBuffer() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.strings)
        // 10, 0x80, the length 16,384; its content ends in a name of 16,361 bytes.
        let name = [UInt8](repeating: UInt8(ascii: "s"), count: 16_370)
        var content: [UInt8] = [0, 0, 0, 1, 1, UInt8(ascii: "x"), 1]
        content += [0xF6, 0xF0, 0x07, 1] + [0xF2, 0xF0, 0x07] + name
        let length: [UInt8] = [UInt8(truncatingIfNeeded: content.count) | 0xF0] + rest(content.count)
        #expect(content.count <= 16_384)
        probe.give([10, 0x80] + length + content)
        // Such a name belongs to no server: by its number the server is known all the same.
        #expect(probe.session.fault == nil || probe.session.fault == .malformed)
        #expect(probe.learned().allSatisfy { $0.server.isEmpty })
    }

    private func rest(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = (value - 0xF0) >> 4
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest = (rest - 0x80) >> 7
        }
        return bytes + [UInt8(rest)]
    }

    @Test func rejectsAMessageThatIsTooLong() {
        var probe = PeerProbe.established()
        probe.give([10, 0x80, 0xF1, 0xF1, 0x07])
        #expect(probe.session.fault == .tooLong)
        #expect(probe.written() == [1, 1])
    }

    @Test func rejectsALengthWithoutEnd() {
        var probe = PeerProbe.established()
        probe.give([10, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(probe.session.fault == .tooLong)
    }

    @Test func ignoresUpdatesOfATableThatWasNeverDefined() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.update(id: 1, key: "x", number: 1, name: []))
        probe.give(PeerProbe.message(0x83, [7]))
        probe.give(PeerProbe.update(id: 2, key: "x", number: 1, name: []))
        probe.give(PeerProbe.definition("unknown", type: 6, length: [32]))
        probe.give(PeerProbe.update(id: 3, key: "x", number: 1, name: []))
        #expect(probe.learned().isEmpty && probe.session.isEstablished)
        #expect(probe.written().isEmpty)
    }

    @Test func ignoresAnEntryThatHasExpired() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.addresses)
        probe.give(PeerProbe.message(0x85, [0, 0, 0, 7, 0, 0, 0, 0, 10, 0, 0, 5, 3]))
        #expect(probe.learned().isEmpty && probe.session.isEstablished)
    }

    /// It sends heartbeats and never the end: after five seconds without an update nothing is expected of it any more.
    @Test func endsAResyncThatNeverEnds() {
        var probe = PeerProbe.established()
        probe.session.requestResync(now: probe.now)
        for _ in 0..<4 {
            probe.pass(1)
            probe.give([0, 4])
            #expect(probe.session.isLearning)
        }
        probe.pass(1)
        #expect(!probe.session.isLearning)
        #expect(probe.session.takeResynced() == false)
        #expect(probe.session.isEstablished)
    }

    /// Nor do updates without an end keep it open for more than a minute.
    @Test func endsAResyncOfUpdatesWithoutEnd() {
        var probe = PeerProbe.established()
        probe.give(PeerProbe.strings)
        probe.session.requestResync(now: probe.now)
        for second in 0..<60 {
            #expect(probe.session.isLearning, "\(second)")
            probe.give(PeerProbe.update(id: 1, key: "x", number: 1, name: []))
            probe.pass(1)
        }
        #expect(!probe.session.isLearning)
    }

    @Test func rejectsTheReservedClass() {
        var probe = PeerProbe.established()
        probe.give([255, 0])
        #expect(probe.session.fault == .reserved)
    }

    @Test func skipsWhatALaterVersionMaySend() {
        var probe = PeerProbe.established()
        probe.give([0, 77, 10, 0xFE, 3, 1, 2, 3, 42, 1])
        // Bytes after what an update has are skipped too.
        probe.give(PeerProbe.strings + PeerProbe.message(0x80, [0, 0, 0, 1, 1, UInt8(ascii: "x"), 1, 0, 9, 9, 9]))
        #expect(probe.session.isEstablished && probe.learned().count == 1)
    }

    /// The last connected stays; the caller then waits, so that both do not meet again.
    @Test func waitsAfterTwoConnectionsOfOnePeer() {
        for random in [0, 1, 1_949_999_999, UInt64.max] {
            #expect((50_000_000..<2_000_000_000).contains(PeerReconnect.afterCollision(random: random)))
        }
    }

    @Test func callsLessOftenWhatCannotBeReached() {
        var reconnect = PeerReconnect()
        let least = (0..<5).map { _ in reconnect.afterFailure(random: 0) }
        #expect(least == [800_000_000, 1_600_000_000, 3_200_000_000, 4_000_000_000, 4_000_000_000])
        #expect(reconnect.afterFailure(random: 1_000_000_000) == 5_000_000_000)
        reconnect.succeeded()
        #expect(reconnect.afterFailure(random: 0) == 800_000_000)
    }

    @Test func holdsForTheCorpus() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: "Fixtures/fuzz/peers").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count > 10)
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
            #expect(PeerInvariants.violation(of: bytes) == nil, "\(name)")
        }
    }

    @Test func holdsForNeighboursOfWhatAPeerSends() {
        var random = SystemRandomNumberGenerator()
        let greeting = Array("HAProxyS 2.1\na\nb 1 1\n".utf8)
        let seed =
            PeerProbe.definition("p", type: 6, length: [32]) + PeerProbe.update(id: 1, key: "x", number: 1, name: [1, 1, 65]) + [0, 0]
        for round in 0..<2000 {
            var input = (round & 1 == 0 ? [0] : [1] + greeting) + seed
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                input[Int.random(in: 1..<input.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            #expect(PeerInvariants.violation(of: input) == nil, "\(input)")
        }
    }
}
