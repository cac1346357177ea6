import Admin
import Model
import Settings

/// Which descriptors an instance hands over to the one that takes its place, in this order. As text: a line with the version, then one line
/// for each entry, its fields separated by tabs.
struct TakeoverManifest: Equatable {
    enum Entry: Equatable {
        case listener(Listener)
        /// `admin.http`: one descriptor.
        case adminHTTP(ListenAddress)
        /// `admin.socket`: the socket and its lock.
        case adminSocket

        var count: Int {
            switch self {
            case .listener(let listener): listener.count
            case .adminHTTP: 1
            case .adminSocket: 2
            }
        }
    }

    struct Listener: Equatable {
        let name: String
        let wanted: ListenAddress
        let isShared: Bool
        let state: ListenerReport.State
        /// An operator override; 0: none.
        let maxconn: Int
        /// None where it is stopped.
        let count: Int
    }

    /// Both instances must know this version, or nothing is handed over.
    private static let version = "puppetfront-takeover 1"

    var entries: [Entry] = []
    var descriptorCount: Int { entries.reduce(0) { $0 + $1.count } }

    init() {}

    var text: String { ([Self.version] + entries.map(Self.line)).joined(separator: "\n") }

    private static func line(_ entry: Entry) -> String {
        switch entry {
        case .listener(let listener):
            "listener\t\(listener.name)\t\(fields(listener.wanted))\t\(listener.isShared ? "shared" : "own")\t\(keyword(listener.state))\t\(listener.maxconn)\t\(listener.count)"
        case .adminHTTP(let wanted): "admin.http\t\(fields(wanted))"
        case .adminSocket: "admin.socket"
        }
    }

    private static func fields(_ address: ListenAddress) -> String {
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

    private static func entry(_ fields: [Substring]) -> Entry? {
        switch (fields.first, fields.count) {
        case ("listener", 9):
            guard let wanted = address(fields[2...4]), let state = states.first(where: { keyword($0) == fields[6] }),
                let maxconn = Int(fields[7]),
                let count = Int(fields[8]), maxconn >= 0, state == .stopped ? count == 0 : (1...65_536).contains(count)
            else { return nil }
            return .listener(
                Listener(
                    name: String(fields[1]), wanted: wanted, isShared: fields[5] == "shared", state: state, maxconn: maxconn, count: count))
        case ("admin.http", 4): return address(fields[1...3]).map { .adminHTTP($0) }
        case ("admin.socket", 1): return .adminSocket
        default: return nil
        }
    }

    private static let states: [ListenerReport.State] = [.open, .paused, .stopped]

    private static func keyword(_ state: ListenerReport.State) -> String {
        switch state {
        case .open: "open"
        case .paused: "paused"
        case .stopped: "stopped"
        }
    }

    private static func address(_ slice: ArraySlice<Substring>) -> ListenAddress? {
        let fields = Array(slice)
        guard let address = IPAddress(fields[0]), let port = UInt16(fields[1]) else { return nil }
        return ListenAddress(address: address, port: port, v6only: fields[2] == "v6only")
    }
}
