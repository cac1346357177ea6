/// A stick as peers exchange it.
package struct PeerEntry: Sendable, Equatable {
    /// Text, or an address of 16 bytes, v4 as v4-mapped.
    package var key: [UInt8]
    /// The server's name; empty: only its number is known.
    package var server: [UInt8]
    /// HAProxy's `server_id`: the server's number in its pool, from 1; 0: only its name is known.
    package var serverNumber: Int
    /// Milliseconds that are left; nil: as long as the table keeps entries.
    package var remaining: UInt32?

    package init(key: [UInt8], server: [UInt8], serverNumber: Int, remaining: UInt32? = nil) {
        self.key = key
        self.server = server
        self.serverNumber = serverNumber
        self.remaining = remaining
    }
}

/// The data of an update, by the sender's definition (haproxy-wire 1.6). Of all kinds two are of use here; the others are skipped.
enum PeerUpdateData {
    private static let rates: Set<Int> = [3, 5, 8, 10, 12, 14, 16, 18, 21, 26]
    private static let last = 26
    private static let mostElements: UInt64 = 100

    /// - Returns: nil where the data is malformed
    static func read(
        _ reader: inout ByteReader, _ definition: PeerDefinition, _ dictionary: inout ReceivedServers
    ) throws(PeerFault) -> (server: [UInt8], number: Int) {
        var server: [UInt8] = []
        var number = 0
        var kinds = definition.data & (1 << UInt64(last + 1) - 1)
        while kinds != 0 {
            let kind = kinds.trailingZeroBitCount
            kinds &= kinds - 1
            switch kind {
            case PeerDefinition.serverID:
                guard let value = reader.varint() else { throw .malformed }
                number = Int(clamping: value)
            case PeerDefinition.serverKey: server = try dictionary.read(&reader)
            default: for _ in 0..<integers(kind, definition) where reader.varint() == nil { throw .malformed }
            }
        }
        return (server, number)
    }

    private static func integers(_ kind: Int, _ definition: PeerDefinition) -> Int {
        switch kind {
        case 22, 23: Int(min(definition.elements[kind] ?? 0, mostElements))
        case 24: Int(min(definition.elements[kind] ?? 0, mostElements)) * 3
        default: rates.contains(kind) ? 3 : 1
        }
    }
}

/// Names of servers that the peer has given numbers on this connection, 1 to 128.
struct ReceivedServers {
    static let size = 128
    /// Longer names belong to no server.
    private static let longestName = 255
    private var names: [[UInt8]] = []

    /// Empty: there is none.
    mutating func read(_ reader: inout ByteReader) throws(PeerFault) -> [UInt8] {
        guard let content = reader.counted() else { throw .malformed }
        guard !content.isEmpty else { return [] }
        var inner = ByteReader(content)
        guard let id = inner.varint(), (1...UInt64(ReceivedServers.size)).contains(id) else { throw .malformed }
        let place = Int(id) - 1
        guard inner.count > 0 else { return names.indices.contains(place) ? names[place] : [] }
        guard let name = inner.counted() else { throw .malformed }
        while names.count <= place { names.append([]) }
        names[place] = name.count <= ReceivedServers.longestName ? Array(name) : []
        return names[place]
    }

    /// For `show peers dict`.
    var all: [[UInt8]] { names }
}

/// Numbers that were given to names of servers on this connection: the 128 that were used last.
struct SentServers {
    private var places: [[UInt8]: (number: Int, used: UInt64)] = [:]
    private var clock: UInt64 = 0

    mutating func append(_ name: [UInt8], to output: inout [UInt8]) {
        guard !name.isEmpty else { return output.append(0) }
        clock += 1
        var content: [UInt8] = []
        if let known = places[name] {
            places[name]?.used = clock
            Varint.append(UInt64(known.number), to: &content)
        } else {
            let number = takeNumber()
            places[name] = (number, clock)
            Varint.append(UInt64(number), to: &content)
            Varint.append(UInt64(name.count), to: &content)
            content += name
        }
        Varint.append(UInt64(content.count), to: &output)
        output += content
    }

    private mutating func takeNumber() -> Int {
        guard places.count == ReceivedServers.size, let oldest = places.min(by: { $0.value.used < $1.value.used }) else {
            return places.count + 1
        }
        places[oldest.key] = nil
        return oldest.value.number
    }

    /// For `show peers dict`.
    var all: [(name: [UInt8], number: Int)] { places.map { ($0.key, $0.value.number) } }
}
