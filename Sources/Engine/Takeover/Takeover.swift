import CLinux
import Network

/// The new instance's side of a takeover (`Handover` is the other): a blocking conversation, each call at most `patience` seconds.
final class Takeover {
    enum Failure: Error {
        /// Nobody listens there: nothing is to be taken over.
        case nobody
        case told(String)
    }

    private let connection: FileDescriptor
    private(set) var bequest = Bequest()
    /// Of each entry, until they are taken.
    private var descriptors: [[Int32]] = []
    private static let patience = 30
    private static let manifestBound = 16 << 20

    /// Connects, and gets every descriptor of the instance at `path`, which goes on undisturbed.
    init(path: String) throws(Failure) {
        do {
            connection = try UnixConnection.connect(path, seconds: Self.patience)
        } catch {
            throw error.code == ENOENT || error.code == ECONNREFUSED ? .nobody : .told(error.description)
        }
        try send(Handover.greeting)
        var received = try receive()
        guard let first = received.first else { throw .told("the running instance gives nothing") }
        guard let bequest = Bequest(String(decoding: try content(of: first, bound: Self.manifestBound), as: UTF8.self)) else {
            for descriptor in received.dropFirst() { _ = close(descriptor) }
            throw .told("the running instance hands over in a way that this version does not know")
        }
        received.removeFirst()
        while received.count < bequest.descriptorCount { received += try receive() }
        self.bequest = bequest
        for entry in bequest.entries {
            descriptors.append(Array(received.prefix(entry.count)))
            received.removeFirst(entry.count)
        }
    }

    deinit { for entry in descriptors { for descriptor in entry { _ = close(descriptor) } } }

    // MARK: What there is

    func takeListeners() -> [BoundListener] {
        bequest.entries.indices.compactMap { index in
            guard case .listener(let listener) = bequest.entries[index] else { return nil }
            let actual = descriptors[index].first.flatMap { SocketAddress(boundBy: $0) } ?? SocketAddress(listener.wanted)
            return BoundListener(
                name: listener.name, wanted: listener.wanted, actual: actual, isShared: listener.isShared, state: listener.state,
                descriptors: take(index))
        }
    }

    /// Of listeners, by name: the connections that an operator has limited them to.
    var listenerLimits: [String: ListenerLimit] {
        var limits: [String: ListenerLimit] = [:]
        for case .listener(let listener) in bequest.entries where listener.maxconn > 0 {
            let limit = ListenerLimit()
            limit.maximum.store(listener.maxconn, ordering: .relaxed)
            limits[listener.name] = limit
        }
        return limits
    }

    func takeAdminHTTP(_ wanted: (Bequest.Entry) -> Bool) -> Socket? {
        guard let index = bequest.entries.firstIndex(where: wanted), let number = take(index).first else { return nil }
        return Socket(FileDescriptor(owning: number))
    }

    /// The socket that this conversation came over, with its lock.
    func takeAdminSocket(path: String) -> UnixListener? {
        guard let index = bequest.entries.firstIndex(of: .adminSocket) else { return nil }
        let pair = take(index)
        return UnixListener(inherited: FileDescriptor(owning: pair[0]), lock: FileDescriptor(owning: pair[1]), path: path)
    }

    private func take(_ index: Int) -> [Int32] {
        defer { descriptors[index] = [] }
        return descriptors[index]
    }

    // MARK: The end

    /// `SavedState` as it is now.
    func state(bound: Int) throws(Failure) -> [UInt8] { try ask(Handover.stateRequest, bound: bound) }

    /// `TicketKeys.heirloom`.
    func ticketKeys() throws(Failure) -> [UInt8] { try ask(Handover.keysRequest, bound: 1024) }

    private func ask(_ request: [UInt8], bound: Int) throws(Failure) -> [UInt8] {
        try send(request)
        guard let first = try receive().first else { throw .told("the running instance gives nothing") }
        return try content(of: first, bound: bound)
    }

    /// From here on the other takes nothing in any more.
    func finish() throws(Failure) {
        try send(Handover.readyNotice)
        var answer: [UInt8] = []
        while answer.count < Handover.done.utf8.count {
            let (bytes, _) = try passing { () throws(SystemError) in try DescriptorPassing.receive(64, from: connection.number) }
            guard !bytes.isEmpty else { throw .told("the running instance has ended the conversation") }
            answer += bytes
        }
        guard answer.elementsEqual(Handover.done.utf8) else { throw .told(words(answer)) }
    }

    // MARK: Messages

    private func send(_ bytes: [UInt8]) throws(Failure) {
        try passing { () throws(SystemError) in try DescriptorPassing.send(bytes, [], over: connection.number) }
    }

    /// Text instead of descriptors is a refusal.
    private func receive() throws(Failure) -> [Int32] {
        // One byte of text comes with each message's descriptors.
        let (bytes, descriptors) = try passing { () throws(SystemError) in try DescriptorPassing.receive(1024, from: connection.number) }
        guard !bytes.isEmpty else { throw .told("the running instance has ended the conversation") }
        guard !descriptors.isEmpty else { throw .told(words(bytes)) }
        return descriptors
    }

    private func content(of file: Int32, bound: Int) throws(Failure) -> [UInt8] {
        let owned = FileDescriptor(owning: file)
        do { return try FileContent.read(owned, bound: bound) } catch { throw .told(error.description) }
    }

    private func passing<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do { return try body() } catch { throw .told(error.description) }
    }

    private func words(_ bytes: [UInt8]) -> String {
        "the running instance says: "
            + String(decoding: bytes.prefix { $0 != 0x0A }.map { (0x20..<0x7F).contains($0) ? $0 : 0x2E }, as: UTF8.self)
    }
}
