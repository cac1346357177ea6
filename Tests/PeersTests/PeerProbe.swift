import Peers

/// A session between a test's hands: what it is given as a peer's bytes, what it wrote.
struct PeerProbe {
    static let tables = [
        PeerTable(name: "compilers", keys: .string, expiry: 900_000), PeerTable(name: "sources", keys: .ip, expiry: 60_000),
    ]
    static let second: Int64 = 1_000_000_000

    var session: PeerSession
    var now: Int64 = 0

    /// One that is called, before any byte.
    init(called local: String = "a", members: Set<String> = ["b"]) {
        session = PeerSession(calledAs: local, members: members, now: 0)
    }

    /// An established one that has called.
    static func established(resuming: UInt32 = 0) -> PeerProbe {
        var probe = PeerProbe()
        probe.session = PeerSession(calling: "b", from: "a", tables.map { ($0, resuming: resuming) }, now: 0)
        _ = probe.written()
        probe.give("200\n")
        return probe
    }

    mutating func give(_ text: String) { give(Array(text.utf8)) }
    mutating func give(_ bytes: [UInt8]) { bytes.withUnsafeBytes { session.receive($0, now: now) } }

    mutating func accept() {
        session.accept(PeerProbe.tables.map { ($0, resuming: 0) })
        session.resume(now: now)
    }

    mutating func written() -> [UInt8] {
        session.tick(now: now)
        defer { session.wrote(session.output.count, now: now) }
        return session.output
    }

    mutating func writtenText() -> String { String(decoding: written(), as: UTF8.self) }

    mutating func learned() -> [PeerEntry] { session.takeLearned().map(\.entry) }

    mutating func pass(_ seconds: Int64) {
        now += seconds * PeerProbe.second
        session.tick(now: now)
    }

    /// A message of stick tables.
    static func message(_ type: UInt8, _ content: [UInt8]) -> [UInt8] { [10, type, UInt8(content.count)] + content }

    /// The peer's definition of a table with server_id and server_key.
    static func definition(
        id: UInt8 = 1, _ name: String, type: UInt8, length: [UInt8], data: [UInt8] = [0xF1, 0xF1, 0xFE, 0x00]
    ) -> [UInt8] {
        message(0x82, [id, UInt8(name.utf8.count)] + name.utf8 + [type] + length + data + [0xF0, 0xE5, 0xED, 0x05])
    }

    static let strings = definition("compilers", type: 6, length: [32])
    static let addresses = definition("sources", type: 4, length: [4], data: [1])

    /// An update of `strings`.
    static func update(id: UInt8, key: String, number: UInt8 = 0, name: [UInt8]) -> [UInt8] {
        message(0x80, [0, 0, 0, id, UInt8(key.utf8.count)] + key.utf8 + [number, UInt8(name.count)] + name)
    }
}
