import CLinux

/// Lines among bytes, each with its line feed. By memchr(3), since a million bytes may wait in one line.
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
            guard var place = bytes.baseAddress else { return 0 }
            let end = place + bytes.count
            var count = 0
            while let found = memchr(place, 0x0A, place.distance(to: end)) {
                count += 1
                place = UnsafeRawPointer(found) + 1
            }
            return count
        }
    }
}
