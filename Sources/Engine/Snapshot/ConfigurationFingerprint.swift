import Network

/// The content of the configuration file, as a number: is the file what is in force? By the 64 bits of FNV-1a.
struct ConfigurationFingerprint: Sendable, Equatable {
    private let hash: UInt64

    init(_ bytes: [UInt8]) {
        hash = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Blocks. nil: it cannot be read.
    init?(file path: String) {
        guard let bytes = try? FileContent.read(path, bound: 16 << 20) else { return nil }
        self.init(bytes)
    }
}
