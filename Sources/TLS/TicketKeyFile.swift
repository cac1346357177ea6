import COpenSSL

/// HAProxy's file of ticket keys (`tls-ticket-keys`): one key a line in base64, all of one size, at least three; empty lines are ignored.
struct TicketKeyFile {
    private static let fewest = 3
    private static let hint = "hint: openssl rand -base64 48 makes one"

    /// The last three.
    let keys: [TicketKey]

    init(_ path: String) throws(TLSMaterialError) {
        var keys: [TicketKey] = []
        var number = 0
        let text = try FileBytes.read(path, largest: 1)
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let words = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if words.isEmpty { continue }
            guard let key = TicketKeyFile.key(words) else {
                throw TLSMaterialError(file: path, line: number, problem: "is no key of 48 or 80 bytes in base64; \(TicketKeyFile.hint)")
            }
            if let first = keys.first, first.byteCount != key.byteCount {
                throw TLSMaterialError(
                    file: path, line: number,
                    problem: "has \(key.byteCount) bytes, the keys before \(first.byteCount); hint: all of one size")
            }
            keys.append(key)
        }
        guard keys.count >= TicketKeyFile.fewest else {
            throw TLSMaterialError(
                file: path, line: number, problem: "is the end, after \(keys.count) of at least three ticket keys; \(TicketKeyFile.hint)")
        }
        self.keys = keys.suffix(TicketKeyFile.fewest)
    }

    /// nil: not base64, or not the size of a key.
    private static func key(_ line: ArraySlice<UInt8>) -> TicketKey? {
        let padding = line.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard line.count % 4 == 0, padding <= 2, line.dropLast(padding).allSatisfy(isBase64) else { return nil }
        var bytes = [UInt8](repeating: 0, count: line.count / 4 * 3)
        // Fewer bytes than this line has space for, as checked.
        guard EVP_DecodeBlock(&bytes, Array(line), Int32(clamping: line.count)) == bytes.count else { return nil }
        return TicketKey(bytes.dropLast(padding))
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
