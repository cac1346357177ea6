import Model

/// `size [;extension] CRLF` (RFC 9112 section 7.1). Only the bytes of the extension are checked; its meaning is for the next hop.
struct ChunkLine {
    let size: UInt64
    /// Bytes of the line with its CRLF.
    let length: Int

    /// Sixteen digits, leading zeros among them, say every size there can be.
    private static let digits = 16

    /// nil where the line is not whole. Refused as soon as it is known to be wrong.
    static func parse(_ bytes: borrowing Span<UInt8>) throws(FramingError) -> ChunkLine? {
        var size: UInt64 = 0
        var end = 0
        while end < bytes.count, let digit = ASCII.hexValue(bytes[end]) {
            guard end < digits else { throw .chunkSize }
            size = size &<< 4 | UInt64(digit)
            end += 1
        }
        guard size <= UInt64(Int.max) else { throw .chunkSize }
        guard end < bytes.count else { return nil }
        guard end > 0 else { throw .chunkSize }
        if bytes[end] == 0x3B {
            guard let extensionEnd = try endOfExtension(bytes, start: end) else { return nil }
            end = extensionEnd
        }
        guard bytes[end] == ASCIIByte.carriageReturn else { throw .chunkSize }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == ASCIIByte.lineFeed else { throw .chunkEnd }
        return ChunkLine(size: size, length: end + 2)
    }

    private static func endOfExtension(_ bytes: borrowing Span<UInt8>, start: Int) throws(FramingError) -> Int? {
        let bound = start + BodyScanner.Bound.chunkExtension
        let window = bytes.extracting(first: bound + 1)
        let end = ByteScan.endOfText(window, from: start)
        guard end < window.count else {
            guard end <= bound else { throw .chunkExtension }
            return nil
        }
        guard window[end] == ASCIIByte.carriageReturn else { throw .chunkExtension }
        return end
    }
}
