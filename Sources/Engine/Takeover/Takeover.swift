import Admin
import CLinux
import Logging
import Model
import Network
import Settings

/// The new instance's side of a takeover (`Handover` is the old one's): a blocking conversation, each call at most `patience` seconds.
final class Takeover {
    enum Failure: Error {
        /// No process listens there: there is nothing to take over.
        case noInstance
        case failed(String)
    }

    private let channel: TakeoverChannel
    private let manifest: TakeoverManifest
    /// Of each entry, until they are taken.
    private var descriptors: [[Int32]] = []
    private static let patience = 30
    private static let manifestBound = 16 << 20

    /// Connects, and gets every descriptor of the instance at `path`, which continues undisturbed.
    init(path: String) throws(Failure) {
        let channel: TakeoverChannel
        do {
            channel = TakeoverChannel(try UnixConnection.connect(path, seconds: Self.patience))
        } catch {
            throw error.code == ENOENT || error.code == ECONNREFUSED ? .noInstance : .failed(error.description)
        }
        self.channel = channel
        try channel.send(Handover.greeting)
        var received = try channel.receive()
        guard let first = received.first else { throw .failed("the running instance gives nothing") }
        guard let manifest = TakeoverManifest(String(decoding: try channel.content(of: first, bound: Self.manifestBound), as: UTF8.self))
        else {
            for descriptor in received.dropFirst() { _ = close(descriptor) }
            throw .failed("the running instance hands over in a way that this version does not know")
        }
        received.removeFirst()
        while received.count < manifest.descriptorCount { received += try channel.receive() }
        self.manifest = manifest
        for entry in manifest.entries {
            descriptors.append(Array(received.prefix(entry.count)))
            received.removeFirst(entry.count)
        }
    }

    deinit { for entry in descriptors { for descriptor in entry { _ = close(descriptor) } } }

    // MARK: What there is

    func takeListeners() -> [BoundListener] {
        manifest.entries.indices.compactMap { index in
            guard case .listener(let listener) = manifest.entries[index] else { return nil }
            let actual = descriptors[index].first.flatMap { SocketAddress(boundBy: $0) } ?? SocketAddress(listener.wanted)
            return BoundListener(
                name: listener.name, wanted: listener.wanted, actual: actual, isShared: listener.isShared, state: listener.state,
                descriptors: take(index))
        }
    }

    /// Of listeners, by name: the connections that an operator has limited them to.
    var listenerLimits: [String: ListenerLimit] {
        var limits: [String: ListenerLimit] = [:]
        for case .listener(let listener) in manifest.entries where listener.maxconn > 0 {
            let limit = ListenerLimit()
            limit.maximum.store(listener.maxconn, ordering: .relaxed)
            limits[listener.name] = limit
        }
        return limits
    }

    /// The socket of `admin.http`, where the old instance has it at that address.
    func takeAdminHTTP(_ wanted: ListenAddress) -> Socket? {
        guard let index = manifest.entries.firstIndex(of: .adminHTTP(wanted)), let number = take(index).first else { return nil }
        return Socket(FileDescriptor(owning: number))
    }

    /// The socket that this conversation came over, with its lock.
    func takeAdminSocket(path: String) -> UnixListener? {
        guard let index = manifest.entries.firstIndex(of: .adminSocket) else { return nil }
        let pair = take(index)
        return UnixListener(inherited: FileDescriptor(owning: pair[0]), lock: FileDescriptor(owning: pair[1]), path: path)
    }

    private func take(_ index: Int) -> [Int32] {
        defer { descriptors[index] = [] }
        return descriptors[index]
    }

    // MARK: The end

    /// `SavedState` as it is now.
    func state(bound: Int) throws(Failure) -> [UInt8] { try request(Handover.stateRequest, bound: bound) }

    /// `TicketKeys.serializedKeys`.
    func ticketKeys() throws(Failure) -> [UInt8] { try request(Handover.keysRequest, bound: 1024) }

    private func request(_ request: [UInt8], bound: Int) throws(Failure) -> [UInt8] {
        try channel.send(request)
        guard let first = try channel.receive().first else { throw .failed("the running instance gives nothing") }
        return try channel.content(of: first, bound: bound)
    }

    /// From here on the old instance accepts nothing any more.
    func finish() throws(Failure) {
        try channel.send(Handover.readyNotice)
        try channel.expect(Array(Handover.done.utf8))
    }

    // MARK: With the service

    /// Asks the running instance for its sockets; nil: there is none, and this instance starts as any other.
    static func begin(_ settings: ProxySettings, log: Logger) throws(MaterialProblems) -> Takeover? {
        guard let path = settings.admin.socket?.path else {
            throw MaterialProblems(lines: ["--takeover: the configuration has no admin.socket, over which it goes"])
        }
        do {
            return try Takeover(path: path)
        } catch {
            switch error {
            case .noInstance:
                log.notice("nothing to take over: no instance listens", metadata: ["socket": "\(path)"])
                return nil
            case .failed(let reason): throw MaterialProblems(lines: ["--takeover: \(path): \(reason)"])
            }
        }
    }

    /// This instance is ready: restores the state, and the old instance drains. False: it failed, and the old one continues.
    func complete(_ server: ProxyServer) -> Bool {
        do {
            server.state.restore(try SavedState(state(bound: StateStore.bound)), from: "takeover")
            guard server.configuration.materials.ticketKeys.inherit(try ticketKeys()) else {
                throw Failure.failed("these are no ticket keys")
            }
            try finish()
            return true
        } catch let failure as Failure {
            if case .failed(let reason) = failure { server.log.critical("takeover failed", metadata: ["reason": "\(reason)"]) }
        } catch let fault as SavedState.Fault {
            server.log.critical("takeover failed", metadata: ["reason": "state, line \(fault.line): \(fault.message)"])
        } catch {
            server.log.critical("takeover failed", metadata: ["reason": "\(error)"])
        }
        return false
    }
}
