/// What a table's keys are, with HAProxy's numbers (haproxy-wire 1.5).
package enum PeerKeyType: UInt64, Sendable {
    case integer = 2
    case ip = 4
    case ipv6 = 5
    case string = 6
    case binary = 7
}

/// A table that this instance shares: a pool's sticks.
package struct PeerTable: Sendable, Equatable {
    /// The pool's; HAProxy's proxy must have the same.
    package var name: String
    /// `string` or `ip`.
    package var keys: PeerKeyType
    /// Milliseconds that an entry is kept after its last use.
    package var expiry: UInt32

    package init(name: String, keys: PeerKeyType, expiry: UInt32) {
        self.name = name
        self.keys = keys
        self.expiry = expiry
    }
}

/// How keys are written. HAProxy takes a table only in the form that it has itself, so what a peer defines is what it gets.
struct PeerKeyForm: Equatable {
    var type: PeerKeyType
    /// Announced: 4 for ip, 16 for ipv6; for strings what the peer announces, HAProxy's default until then.
    var length: UInt64

    /// What `stick-table type string` and `type ip` announce.
    init(_ type: PeerKeyType) {
        self.type = type
        length = type == .ip ? 4 : type == .ipv6 ? 16 : 32
    }

    /// The form of a peer's table, if keys of such a table of ours can be written so; nil: they cannot.
    init?(_ definition: PeerDefinition, for own: PeerKeyType) {
        guard let type = PeerKeyType(rawValue: definition.keyType) else { return nil }
        self.init(type)
        switch (own, type) {
        case (.string, .string):
            guard (2...UInt64(PeerFrameReader.longest / 2)).contains(definition.keyLength) else { return nil }
            length = definition.keyLength
        case (.ip, .ip), (.ip, .ipv6): if definition.keyLength != length { return nil }
        default: return nil
        }
    }

    /// - Parameter key: text, or an address of 16 bytes, v4 as v4-mapped. False: this form has no place for it.
    func append(_ key: [UInt8], to output: inout [UInt8]) -> Bool {
        switch type {
        case .string:
            Varint.append(UInt64(key.count), to: &output)
            output += key
        case .ip:
            guard PeerKeyForm.isV4(key) else { return false }
            output += key[12...]
        case .ipv6:
            guard key.count == 16 else { return false }
            output += key
        case .integer, .binary: return false
        }
        return true
    }

    /// Of 16 bytes, v4-mapped.
    static func isV4(_ key: [UInt8]) -> Bool {
        key.count == 16 && key[..<10].allSatisfy { $0 == 0 } && key[10] == 0xFF && key[11] == 0xFF
    }

    func read(_ reader: inout ByteReader) -> [UInt8]? {
        switch type {
        case .string: return reader.counted().map { Array($0) }
        case .ip: return reader.take(4).map { [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + $0 }
        case .ipv6: return reader.take(16).map { Array($0) }
        case .integer, .binary: return nil
        }
    }
}

/// A peer's table definition.
struct PeerDefinition: Equatable {
    /// The longest name that is looked at.
    private static let longestName = 1024
    static let serverID = 0
    static let serverKey = 19
    /// The data that our own tables have: server_id and server_key.
    static let ownData: UInt64 = 1 << 0 | 1 << 19

    var id: UInt64
    var name: String
    var keyType: UInt64
    var keyLength: UInt64
    /// A bit for each kind of data in an update.
    var data: UInt64
    var expiry: UInt64
    /// Elements of the kinds 22 to 24.
    var elements: [Int: UInt64] = [:]

    static func bytes(id: Int, _ table: PeerTable, _ form: PeerKeyForm) -> [UInt8] {
        var content: [UInt8] = []
        Varint.append(UInt64(id), to: &content)
        Varint.append(UInt64(table.name.utf8.count), to: &content)
        content += table.name.utf8
        for number in [form.type.rawValue, form.length, ownData, UInt64(table.expiry)] { Varint.append(number, to: &content) }
        return content
    }

    init?(_ content: ArraySlice<UInt8>) {
        var reader = ByteReader(content)
        guard let id = reader.varint(), let name = reader.counted(), name.count <= PeerDefinition.longestName,
            let keyType = reader.varint(), let keyLength = reader.varint(), let data = reader.varint(), let expiry = reader.varint()
        else { return nil }
        (self.id, self.keyType, self.keyLength, self.data, self.expiry) = (id, keyType, keyLength, data, expiry)
        self.name = String(decoding: name, as: UTF8.self)
        for kind in [22, 23, 24] where data & 1 << UInt64(kind) != 0 {
            // Periods of rates come before, each with its kind.
            while let found = reader.varint(), let value = reader.varint() {
                guard found == UInt64(kind) else { continue }
                elements[kind] = value
                if kind == 24 { _ = reader.varint() }
                break
            }
        }
    }
}
