import Model
import Network
import Settings

/// What an instance gives to the one that takes its place: which descriptors go over, in this order. As text, a line each behind the
/// version's, its words parted by tabs.
struct Bequest: Equatable {
    enum Entry: Equatable {
        case listener(name: String, wanted: ListenAddress, isShared: Bool, isPaused: Bool, count: Int)
        /// `admin.http`: one descriptor.
        case adminHTTP(ListenAddress)
        /// `admin.socket`: the socket and its lock.
        case adminSocket

        var count: Int {
            switch self {
            case .listener(_, _, _, _, let count): count
            case .adminHTTP: 1
            case .adminSocket: 2
            }
        }
    }

    /// Both instances speak this one, or nothing goes over.
    private static let version = "puppetfront-takeover 1"

    var entries: [Entry] = []
    var descriptorCount: Int { entries.reduce(0) { $0 + $1.count } }

    init() {}

    var text: String { ([Self.version] + entries.map(Self.line)).joined(separator: "\n") }

    private static func line(_ entry: Entry) -> String {
        switch entry {
        case .listener(let name, let wanted, let isShared, let isPaused, let count):
            "listener\t\(name)\t\(words(wanted))\t\(isShared ? "shared" : "own")\t\(isPaused ? "paused" : "open")\t\(count)"
        case .adminHTTP(let wanted): "admin.http\t\(words(wanted))"
        case .adminSocket: "admin.socket"
        }
    }

    private static func words(_ address: ListenAddress) -> String {
        "\(address.address.description)\t\(address.port)\t\(address.v6only ? "v6only" : "any")"
    }

    /// nil: another version's, or broken.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == Self.version[...] else { return nil }
        for line in lines.dropFirst() {
            guard let entry = Self.entry(line.split(separator: "\t", omittingEmptySubsequences: false)) else { return nil }
            entries.append(entry)
        }
    }

    private static func entry(_ words: [Substring]) -> Entry? {
        switch (words.first, words.count) {
        case ("listener", 8):
            guard let wanted = address(words[2...4]), let count = Int(words[7]), (1...65_536).contains(count) else { return nil }
            return .listener(
                name: String(words[1]), wanted: wanted, isShared: words[5] == "shared", isPaused: words[6] == "paused", count: count)
        case ("admin.http", 4): return address(words[1...3]).map { .adminHTTP($0) }
        case ("admin.socket", 1): return .adminSocket
        default: return nil
        }
    }

    private static func address(_ words: ArraySlice<Substring>) -> ListenAddress? {
        let words = Array(words)
        guard let address = IPAddress(words[0]), let port = UInt16(words[1]) else { return nil }
        return ListenAddress(address: address, port: port, v6only: words[2] == "v6only")
    }
}
