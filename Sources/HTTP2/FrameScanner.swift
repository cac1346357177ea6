/// Where do frames begin in the bytes that come (RFC 9113 section 4.1)? nghttp2 reports not every frame to its user; floods are made of the
/// others. Bytes may be split anywhere; payloads are stepped over.
struct FrameScanner {
    struct Header {
        var length = 0
        var type: UInt8 = 0
        var flags: UInt8 = 0
    }

    private static let headerCount = 9
    /// Bytes of the preface or of a payload that are stepped over.
    private var skipped: Int
    private var header = Header()
    /// Received bytes of the header.
    private var position = 0

    /// - Parameter preface: bytes before the first frame
    init(preface: Int) { skipped = preface }

    /// The next header that is whole in `bytes` from `offset` on; `offset` moves past the bytes that were read.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Header? {
        while offset < bytes.count {
            if skipped > 0 {
                let count = min(skipped, bytes.count - offset)
                skipped -= count
                offset += count
                continue
            }
            let byte = bytes[offset]
            offset += 1
            switch position {
            case 0: header = Header(length: Int(byte))
            case 1, 2: header.length = header.length << 8 | Int(byte)
            case 3: header.type = byte
            case 4: header.flags = byte
            default: break
            }
            position += 1
            guard position == Self.headerCount else { continue }
            position = 0
            skipped = header.length
            return header
        }
        return nil
    }
}
