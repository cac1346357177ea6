import CLinux

/// Lines in a byte buffer, each with its line feed. Uses memchr(3), since one line may have a million bytes.
extension ArraySlice where Element == UInt8 {
    /// The first line; all where there is no line feed.
    var firstLine: ArraySlice<UInt8> {
        let length = withUnsafeBytes { bytes -> Int in
            guard let start = bytes.baseAddress, let end = memchr(start, 0x0A, bytes.count) else { return bytes.count }
            return start.distance(to: UnsafeRawPointer(end)) + 1
        }
        return prefix(length)
    }

    var lineCount: Int {
        withUnsafeBytes { bytes -> Int in
            guard var position = bytes.baseAddress else { return 0 }
            let end = position + bytes.count
            var count = 0
            while let found = memchr(position, 0x0A, position.distance(to: end)) {
                count += 1
                position = UnsafeRawPointer(found) + 1
            }
            return count
        }
    }
}
