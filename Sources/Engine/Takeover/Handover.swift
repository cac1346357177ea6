import Logging
import Network

/// The old instance's side of a takeover, in a conversation of the runtime socket at level admin. The new instance sends requests:
///
///     _takeover 1     descriptors of all listeners (`TakeoverManifest`); nothing changes here
///     state           what outlives a process (`SavedState`)
///     keys            the keys of session tickets that are in no file (`TicketKeys.serializedKeys`)
///     ready           done; from now on this instance accepts nothing new, and drains
///
/// Where the new instance ends before `ready`, this one continues unchanged.
final class Handover {
    static let greeting = Array("_takeover 1\n".utf8)
    static let stateRequest = Array("state\n".utf8)
    static let keysRequest = Array("keys\n".utf8)
    static let readyNotice = Array("ready\n".utf8)
    static let done = "done\n"

    private unowned let server: ProxyServer
    private let socket: Int32
    private var isDone = false

    /// - Parameter socket: of the conversation, non-blocking
    init(_ server: ProxyServer, socket: Int32) {
        self.server = server
        self.socket = socket
    }

    enum Answer {
        case text(String)
        /// It is sent already, with descriptors.
        case sent
        /// The conversation ends after that.
        case refused(String)
    }

    func answer(to line: [UInt8]) -> Answer {
        do throws(SystemError) {
            switch line {
            case Self.greeting: return try begin()
            case Self.stateRequest:
                try send(MemoryFile.make("state", Array(server.state.text().utf8)))
                return .sent
            case Self.keysRequest:
                try send(MemoryFile.make("keys", server.configuration.materials.ticketKeys.serializedKeys))
                return .sent
            case Self.readyNotice:
                guard !server.lifecycle.isDraining else { return .refused("This instance is draining.\n") }
                isDone = true
                server.succession.handOver(to: DescriptorPassing.peerProcess(of: socket))
                return .text(Self.done)
            default: return .refused("Not understood.\n")
            }
        } catch {
            return .refused("\(error.description)\n")
        }
    }

    private func begin() throws(SystemError) -> Answer {
        guard server.lifecycle == .ready else { return .refused("This instance is not ready, or draining.\n") }
        guard let (manifest, descriptors) = server.succession.begin(self) else { return .refused("Another takeover is under way.\n") }
        let file = try MemoryFile.make("takeover", Array(manifest.text.utf8))
        var rest = ([file.number] + descriptors)[...]
        while !rest.isEmpty {
            try DescriptorPassing.send([UInt8(ascii: "+")], Array(rest.prefix(DescriptorPassing.bound)), over: socket)
            rest = rest.dropFirst(DescriptorPassing.bound)
        }
        server.log.notice(
            "another instance asks to take over", metadata: ["pid": "\(DescriptorPassing.peerProcess(of: socket) ?? 0)"])
        return .sent
    }

    private func send(_ file: borrowing FileDescriptor) throws(SystemError) {
        try DescriptorPassing.send([UInt8(ascii: "+")], [file.number], over: socket)
    }

    /// The conversation is over.
    func ended() { server.succession.ended(self, isDone: isDone) }
}
