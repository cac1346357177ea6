import Buffers
import COpenSSL
import Glibc
import Synchronization
import Testing

@testable import TLS

@Suite struct TLSSessionTests {
    private let setup = TestSetup()

    private func pair(agent: Bool = false) throws -> TestPair {
        let pair = try TestPair(setup.server(), setup.client(agent ? setup.agent() : nil))
        return pair
    }

    /// Not periodic in any power of two, so that swapped records show.
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8 ^ $0 >> 16) } }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 1000])
    func ciphertextMayComeInPiecesOfAnySize(_ size: Int) throws {
        let pair = try pair(agent: true)
        pair.carried = size
        #expect(pair.handshake() == (.done, .done))
        #expect(pair.server.identity != nil)
        let sent = bytes(size < 8 ? 3000 : 40_000)
        #expect(pair.client.write(sent) == .bytes(sent.count))
        #expect(pair.server.write(sent) == .bytes(sent.count))
        var (up, down): ([UInt8], [UInt8]) = ([], [])
        while pair.carry() {
            up += pair.drain(pair.server).bytes
            down += pair.drain(pair.client).bytes
        }
        #expect(up == sent && down == sent)
    }

    @Test(arguments: [1, 17, 4096])
    func receivesMayBeShort(_ limit: Int) throws {
        let pair = try pair()
        pair.serverSide.receiveLimit = limit
        pair.clientSide.receiveLimit = limit
        #expect(pair.handshake() == (.done, .done))
        let sent = bytes(20_000)
        #expect(pair.client.write(sent) == .bytes(sent.count))
        pair.carry()
        #expect(pair.drain(pair.server).bytes == sent)
    }

    @Test func everySizeOfAMessageComesWhole() throws {
        let pair = try pair()
        pair.handshake()
        for size in Array(1...300) + [16_383, 16_384, 16_385, 32_768, 32_769, 65_537] {
            let sent = bytes(size)
            #expect(pair.server.write(sent) == .bytes(size))
            pair.carry()
            #expect(pair.drain(pair.client).bytes == sent)
        }
    }

    @Test func aMebibyteGoesBothWays() throws {
        let pair = try pair()
        pair.handshake()
        let sent = bytes(1 << 20)
        pair.serverSide.gatherCapacity = 2 << 20
        pair.clientSide.gatherCapacity = 2 << 20
        #expect(pair.server.write(sent) == .bytes(sent.count))
        #expect(pair.client.write(sent) == .bytes(sent.count))
        pair.carry()
        let (up, down) = (pair.drain(pair.server, room: 65_536), pair.drain(pair.client, room: 65_536))
        #expect(up.bytes == sent && up.last == .blocked)
        #expect(down.bytes == sent && down.last == .blocked)
    }

    @Test(arguments: [TLSSession.largestRecord, 20_000, 40_000, 70_001])
    func aFullGatherBufferStopsWritingAndNothingIsReordered(_ capacity: Int) throws {
        let pair = try pair()
        pair.handshake()
        pair.serverSide.gatherCapacity = capacity
        let sent = bytes(300_000)
        var (offset, wasBlocked): (Int, Bool) = (0, false)
        var received: [UInt8] = []
        while offset < sent.count {
            switch pair.server.write(sent[offset...]) {
            case .bytes(let count): offset += count
            case .blocked:
                wasBlocked = true
                #expect(pair.server.write(sent[offset...]) == .blocked)
                pair.carried = 5000
                pair.carry()
                received += pair.drain(pair.client).bytes
            case let other:
                Issue.record("\(other)")
                return
            }
        }
        while pair.carry() { received += pair.drain(pair.client).bytes }
        #expect(wasBlocked)
        #expect(received == sent)
    }

    @Test func aFullGatherBufferStopsTheHandshakeUntilThereIsRoom() throws {
        let pair = try pair(agent: true)
        pair.serverSide.gatherCapacity = 0
        #expect(pair.client.handshake() == .wantsRead)
        pair.carry()
        #expect(pair.server.handshake() == .wantsWrite)
        #expect(pair.server.handshake() == .wantsWrite)
        pair.serverSide.gatherCapacity = 1 << 20
        #expect(pair.handshake() == (.done, .done))
    }

    @Test func closeNotifyEndsTheStream() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.server.write("last".utf8) == .bytes(4))
        #expect(pair.server.shutdown())
        pair.carry()
        pair.clientSide.hasEnded = true
        let result = pair.drain(pair.client)
        #expect(result.bytes.text == "last" && result.last == .endOfStream)
        #expect(!pair.client.isTruncated)
        #expect(pair.drain(pair.client).last == .endOfStream)
        #expect(pair.client.write("answer".utf8) == .bytes(6))
    }

    @Test func anEndBehindTheLastBytesIsPendingUntilItIsTold() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.server.write("last".utf8) == .bytes(4))
        #expect(pair.server.shutdown())
        pair.carry()
        var memory = [UInt8](repeating: 0, count: 100)
        #expect(memory.withUnsafeMutableBytes { pair.client.read(into: $0) } == .bytes(4))
        #expect(pair.client.hasPending)
        #expect(memory.withUnsafeMutableBytes { pair.client.read(into: $0) } == .endOfStream)
        #expect(!pair.client.hasPending)
    }

    @Test func anEndWithoutCloseNotifyIsATruncation() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.server.write("last".utf8) == .bytes(4))
        pair.carry()
        pair.clientSide.hasEnded = true
        let result = pair.drain(pair.client)
        #expect(result.bytes.text == "last" && result.last == .failed)
        #expect(pair.client.isTruncated)
        #expect(pair.drain(pair.client).last == .failed)
        #expect(ERR_peek_error() == 0)
    }

    /// `SSL_get_error` takes whatever is in this thread's queue for the error of the connection that it is asked about.
    @Test func whatAnotherCallHasLeftBehindEndsNoConnection() throws {
        let pair = try pair()
        func leaveError() { #expect(BIO_new_file("/nowhere", "r") == nil && ERR_peek_error() != 0) }
        leaveError()
        pair.handshake()
        leaveError()
        #expect(pair.drain(pair.server).last == .blocked)
        leaveError()
        #expect(pair.server.write("value".utf8) == .bytes(5))
        pair.carry()
        leaveError()
        #expect(pair.drain(pair.client).bytes.text == "value")
        pair.serverSide.gatherCapacity = 0
        leaveError()
        #expect(pair.server.write("more".utf8) == .blocked)
        pair.serverSide.gatherCapacity = 1 << 20
        #expect(pair.server.write("more".utf8) == .bytes(4))
        leaveError()
        #expect(pair.server.shutdown())
        #expect(ERR_peek_error() == 0)
    }

    @Test func aForgedRecordFails() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.server.write("value".utf8) == .bytes(5))
        pair.serverSide.outbound[pair.serverSide.outbound.count - 1] ^= 1
        pair.carry()
        #expect(pair.drain(pair.client).last == .failed)
        #expect(!pair.client.isTruncated)
        #expect(pair.client.write("x".utf8) == .failed)
        #expect(!pair.client.shutdown())
        #expect(ERR_peek_error() == 0)
    }

    @Test func whatCameWithTheHandshakeIsPendingAndHalfARecordIsNot() throws {
        let pair = try pair()
        #expect(pair.client.handshake() == .wantsRead)
        pair.carry()
        #expect(pair.server.handshake() == .wantsRead)
        pair.carry()
        #expect(pair.client.handshake() == .done)
        #expect(pair.client.write("early".utf8) == .bytes(5))
        pair.carry()
        #expect(pair.server.handshake() == .done)
        #expect(pair.serverSide.inbound.isEmpty && pair.server.hasPending)
        #expect(pair.drain(pair.server).bytes.text == "early")
        #expect(!pair.server.hasPending)

        #expect(pair.client.write("half".utf8) == .bytes(4))
        pair.carried = 10
        pair.carry()
        #expect(pair.drain(pair.server).last == .blocked)
        #expect(!pair.server.hasPending)
        pair.carried = .max
        pair.carry()
        #expect(pair.drain(pair.server).bytes.text == "half")
    }

    @Test func aReadThatFillsItsMemoryLeavesTheRestPending() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.client.write(bytes(10_000)) == .bytes(10_000))
        pair.carry()
        var memory = [UInt8](repeating: 0, count: 100)
        #expect(memory.withUnsafeMutableBytes { pair.server.read(into: $0) } == .bytes(100))
        #expect(pair.server.hasPending)
        #expect(pair.drain(pair.server).bytes.count == 9900)
        #expect(!pair.server.hasPending)
    }

    @Test func anEmptyWriteTakesNothing() throws {
        let pair = try pair()
        pair.handshake()
        #expect(pair.server.write([]) == .bytes(0))
        #expect(pair.serverSide.outbound.isEmpty)
    }

    @Test func nothingIsReadOrWrittenBeforeTheHandshake() throws {
        let pair = try pair()
        #expect(pair.server.write("x".utf8) == .failed)
        #expect(pair.drain(pair.server).last == .failed)
        #expect(!pair.server.shutdown() && !pair.server.hasPending)
    }

    @Test func theClientCannotRenegotiate() throws {
        let client = try setup.client()
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION) == 1)
        let pair = try TestPair(setup.server(), client)
        pair.handshake()
        // OpenSSL's own client refuses to ask, by the same option; without it on this side the server must refuse.
        SSL_clear_options(pair.client.ssl, 1 << 30)
        #expect(SSL_renegotiate(pair.client.ssl) == 1)
        #expect(SSL_do_handshake(pair.client.ssl) == -1)
        pair.carry()
        _ = pair.drain(pair.server)
        pair.carry()
        #expect(SSL_do_handshake(pair.client.ssl) == -1)
        #expect(OpenSSLError.takeReason() == "no renegotiation")
    }

    /// In a process of its own, where every piece of memory that OpenSSL takes can be counted from the first.
    @Test func sessionsLeaveNoMemoryBehind() async {
        await #expect(processExitsWith: .success) {
            try #require(LiveAllocations.startCounting())
            let setup = TestSetup()
            let server = try setup.server(cache: VerifiedCertificateCache(capacity: 2))
            let agents = try (100..<104).map { try setup.client(setup.agent(serial: $0)) }
            let refused = try setup.client(setup.agent(serial: 105) { $0.until = -10 })
            weak var last: TLSSession?
            func round() {
                for client in agents + [refused] {
                    let pair = TestPair(server, client)
                    last = pair.server
                    pair.handshake()
                    _ = pair.server.write("answer".utf8)
                    pair.server.shutdown()
                    pair.carry()
                    _ = pair.drain(pair.client)
                }
            }
            for _ in 0..<3 { round() }
            let before = LiveAllocations.count
            #expect(before > 1000)
            for _ in 0..<40 { round() }
            #expect(LiveAllocations.count == before)
            #expect(last == nil)
        }
    }
}

/// How many pieces of memory OpenSSL holds.
private enum LiveAllocations {
    private static let live = Atomic(0)
    static var count: Int { live.load(ordering: .relaxed) }

    /// False where OpenSSL has already taken memory.
    static func startCounting() -> Bool {
        let allocate: CRYPTO_malloc_fn = { size, _, _ in
            LiveAllocations.live.add(1, ordering: .relaxed)
            return malloc(size)
        }
        let reallocate: CRYPTO_realloc_fn = { memory, size, _, _ in
            if memory == nil { LiveAllocations.live.add(1, ordering: .relaxed) }
            return realloc(memory, size)
        }
        let release: CRYPTO_free_fn = { memory, _, _ in
            if memory != nil { LiveAllocations.live.subtract(1, ordering: .relaxed) }
            free(memory)
        }
        return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1
    }
}
