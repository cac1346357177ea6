/// A content of any size that both sides can generate and check without storing it: one block, repeated.
package enum StandInContent {
    /// 64 KiB of printable bytes in which every 64-byte line differs from its neighbours.
    package static let block: [UInt8] = (0..<1024).flatMap { line -> [UInt8] in
        let number = String(line, radix: 10)
        let label = String(repeating: "0", count: 6 - number.count) + number
        return Array(label.utf8) + [UInt8](repeating: 0x61 + UInt8(line % 26), count: 57) + [10]
    }

    /// Calls `sink` with the first `count` bytes, in pieces.
    package static func pieces(_ count: Int, _ sink: (ArraySlice<UInt8>) throws(StandInError) -> Void) throws(StandInError) {
        var missing = count
        while missing > 0 {
            let piece = min(missing, block.count)
            try sink(block[..<piece])
            missing -= piece
        }
    }

    /// SHA-256 of the first `count` bytes, in hexadecimal.
    package static func digest(_ count: Int) -> String {
        let digest = ContentDigest()
        var missing = count
        while missing > 0 {
            let piece = min(missing, block.count)
            digest.update(block[..<piece])
            missing -= piece
        }
        return digest.finish()
    }
}
