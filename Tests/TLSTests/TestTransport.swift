import Buffers
import Settings

@testable import TLS

/// One end of a connection in memory.
final class TestTransport: CipherTransport {
    var inbound: [UInt8] = []
    var outbound: [UInt8] = []
    /// Ciphertext that may wait in `outbound`.
    var gatherCapacity = 1 << 20
    /// The most that one `receive` gives.
    var receiveLimit = Int.max
    /// Reported once `inbound` is empty.
    var hasEnded = false

    func receive(into memory: UnsafeMutableRawBufferPointer) -> TransferResult {
        if inbound.isEmpty { return hasEnded ? .endOfStream : .blocked }
        let count = min(memory.count, inbound.count, receiveLimit)
        memory.copyBytes(from: inbound[0..<count])
        inbound.removeSubrange(0..<count)
        return .bytes(count)
    }

    func gather(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        guard outbound.count + bytes.count <= gatherCapacity else { return .blocked }
        outbound.append(contentsOf: bytes)
        return .bytes(bytes.count)
    }
}

/// A server's and a client's session on one connection in memory.
final class TestPair {
    let serverSide = TestTransport()
    let clientSide = TestTransport()
    let server: TLSSession
    let client: TLSSession
    /// Bytes of ciphertext that one `carry` brings at most in each direction.
    var carried = Int.max

    init(
        _ serverContext: ServerTLSContext, _ clientContext: ClientTLSContext, name: String? = "puppet.example",
        sni: String? = nil, verify: UpstreamTLSSettings.Verify = .hostname
    ) {
        guard let server = TLSSession(server: serverContext, transport: serverSide),
            let client = TLSSession(client: clientContext, sni: sni, verifyName: name, verify: verify, transport: clientSide)
        else { fatalError("no memory") }
        (self.server, self.client) = (server, client)
    }

    /// Brings ciphertext over; false where there was none.
    @discardableResult
    func carry() -> Bool {
        let toClient = serverSide.outbound.prefix(carried)
        let toServer = clientSide.outbound.prefix(carried)
        serverSide.outbound.removeFirst(toClient.count)
        clientSide.outbound.removeFirst(toServer.count)
        clientSide.inbound += toClient
        serverSide.inbound += toServer
        return !toClient.isEmpty || !toServer.isEmpty
    }

    /// Continues until neither side has more to send.
    @discardableResult
    func handshake() -> (server: HandshakeProgress, client: HandshakeProgress) {
        var result: (server: HandshakeProgress, client: HandshakeProgress)
        repeat {
            result = (server.handshake(), client.handshake())
        } while carry()
        return result
    }

    /// Everything that `session`'s side received, and how it ended.
    func drain(_ session: TLSSession, room: Int = 4096) -> (bytes: [UInt8], last: TransferResult) {
        var all: [UInt8] = []
        var memory = [UInt8](repeating: 0, count: room)
        while true {
            let result = memory.withUnsafeMutableBytes { session.read(into: $0) }
            guard case .bytes(let count) = result else { return (all, result) }
            all += memory[0..<count]
        }
    }
}

extension TLSSession {
    func write(_ bytes: some Collection<UInt8>) -> TransferResult { Array(bytes).withUnsafeBytes { write($0) } }
}
