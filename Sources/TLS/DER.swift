import COpenSSL

/// Bytes from OpenSSL's encoders, and the little DER that is parsed here.
enum DER {
    /// Calls an `i2d_…` function twice, for the size and for the bytes. Empty if it fails.
    static func encode(_ encoder: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
        let size = Int(encoder(nil))
        guard size > 0 else {
            ERR_clear_error()
            return []
        }
        return [UInt8](unsafeUninitializedCapacity: size) { memory, count in
            var cursor = memory.baseAddress
            count = max(0, Int(encoder(&cursor)))
        }
    }

    /// The contents if `bytes` are exactly one UTF8String, PrintableString or IA5String; nil for anything else.
    static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard bytes.count >= 2, bytes[0] == 0x0C || bytes[0] == 0x13 || bytes[0] == 0x16 else { return nil }
        var start = 2
        var size = Int(bytes[1])
        if size == 0x81 || size == 0x82 {
            let lengthBytes = size - 0x80
            guard bytes.count >= 2 + lengthBytes else { return nil }
            size = 0
            for index in 0..<lengthBytes { size = size << 8 | Int(bytes[2 + index]) }
            start += lengthBytes
        } else if size >= 0x80 {
            return nil
        }
        guard bytes.count - start == size else { return nil }
        return Array(bytes[start...])
    }
}
