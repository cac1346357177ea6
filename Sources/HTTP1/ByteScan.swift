/// Searches through a head, sixteen bytes at a time. Every load is bounds-checked; "unsafe" in the load's name means that it would
/// give any type from any bytes, and every pattern of sixteen bytes is a valid vector.
enum ByteScan {
    typealias Vector = SIMD16<UInt8>
    typealias Mask = SIMDMask<SIMD16<Int8>>
    static let width = 16

    @inline(__always)
    static func load(_ bytes: borrowing Span<UInt8>, at offset: Int) -> Vector {
        bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Vector.self)
    }

    /// One byte in every lane. Comparing a vector with a vector is one instruction; with a single byte the library goes lane by lane.
    @inline(__always)
    static func all(_ byte: UInt8) -> Vector { Vector(repeating: byte) }

    /// Eight bytes, the first one lowest.
    @inline(__always)
    static func word(_ bytes: borrowing Span<UInt8>, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The vector's bytes as one number, the first one lowest.
    @inline(__always)
    static func bits(_ vector: Vector) -> UInt128 { UInt128(littleEndian: unsafeBitCast(vector, to: UInt128.self)) }

    @inline(__always)
    static func bits(_ mask: Mask) -> UInt128 { UInt128(littleEndian: unsafeBitCast(mask, to: UInt128.self)) }

    /// The number of the first lane that is set; 16 where none is.
    @inline(__always)
    static func firstLane(_ bits: UInt128) -> Int { bits.trailingZeroBitCount &>> 3 }

    /// The first offset from `start` on whose byte `matches`; `bytes.count` where there is none.
    @inline(__always)
    static func first(_ bytes: borrowing Span<UInt8>, from start: Int, where matches: (Vector) -> Mask) -> Int {
        var offset = start
        while bytes.count &- offset >= width {
            let lane = firstLane(bits(matches(load(bytes, at: offset))))
            if lane < width { return offset &+ lane }
            offset &+= width
        }
        let rest = bytes.count &- offset
        guard rest > 0 else { return bytes.count }
        guard bytes.count >= width else { return firstInShort(bytes, from: offset, where: matches) }
        // The last sixteen bytes once more; what was seen already is shifted away.
        let seen = UInt128(truncatingIfNeeded: width &- rest) &<< 3
        let found = bits(matches(load(bytes, at: bytes.count &- width))) &>> seen
        return min(offset &+ firstLane(found), bytes.count)
    }

    @inline(never)
    private static func firstInShort(_ bytes: borrowing Span<UInt8>, from start: Int, where matches: (Vector) -> Mask) -> Int {
        var padded = Vector(repeating: 0)
        for offset in start..<bytes.count { padded[offset - start] = bytes[offset] }
        return min(start + firstLane(bits(matches(padded))), bytes.count)
    }

    /// The first byte that no field value, reason phrase or chunk extension may have: a control byte, HTAB among them. (RFC 9110
    /// section 5.5: visible ASCII, SP, HTAB and, opaque, 0x80 and above are allowed.)
    @inline(__always)
    static func firstControl(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        first(bytes, from: start) { ($0 .< all(0x20)) .| ($0 .== all(0x7F)) }
    }

    /// As `firstControl`, but HTAB is let through.
    @inline(__always)
    static func endOfText(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        var end = firstControl(bytes, from: start)
        while end < bytes.count, bytes[end] == ASCIIByte.tab { end = firstControl(bytes, from: end &+ 1) }
        return end
    }

    /// The first byte that no target may have: see `RequestTarget`.
    @inline(__always)
    static func endOfTarget(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        first(bytes, from: start) { (($0 &- all(0x21)) .>= all(0x5E)) .| ($0 .== all(0x23)) }
    }

    /// Lanes that are neither letters nor `-`, which most field names are made of.
    @inline(__always)
    static func isNotPlain(_ bytes: Vector) -> Mask {
        .!((((bytes | all(0x20)) &- all(0x61)) .< all(26)) .| (bytes .== all(0x2D)))
    }

    @inline(__always)
    static func endOfPlain(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        first(bytes, from: start) { isNotPlain($0) }
    }

    static func hasLineFeed(_ bytes: borrowing Span<UInt8>, from start: Int) -> Bool {
        first(bytes, from: min(max(start, 0), bytes.count)) { $0 .== all(ASCIIByte.lineFeed) } < bytes.count
    }
}
