import Admin
import CLinux
import Logging
import Network
import Settings

/// The runtime socket: accepts conversations on the control loop, so that they never delay a worker. At most 64 at a time.
final class AdminSocket: EventTarget {
    private(set) var settings: AdminSettings.Socket
    private let listener: UnixListener
    private unowned let server: ProxyServer
    /// Handed over to another instance: nothing is accepted here, and the file is not ours to remove.
    private var isHandedOver = false
    private var conversations: [ObjectIdentifier: AdminConversation] = [:]
    private static let bound = 64

    convenience init(_ settings: AdminSettings.Socket, server: ProxyServer) throws(UnixListener.Failure) {
        try self.init(settings, UnixListener(path: settings.path, mode: settings.mode), server: server)
    }

    init(_ settings: AdminSettings.Socket, _ listener: consuming UnixListener, server: ProxyServer) throws(UnixListener.Failure) {
        self.settings = settings
        self.server = server
        self.listener = listener
        super.init()
        do {
            try server.loop.add(self, descriptor: self.listener.descriptor.number)
        } catch {
            throw .system(error)
        }
    }

    override func handle(_ events: ReadyEvents) {
        while let accepted = listener.accept() {
            // The newest is rejected.
            guard conversations.count < Self.bound else { continue }
            let conversation = AdminConversation(Socket(accepted), server: server, level: AdminLevel(settings.level)) { [unowned self] in
                conversations[ObjectIdentifier($0)] = nil
            }
            conversations[ObjectIdentifier(conversation)] = conversation
            conversation.begin()
        }
    }

    /// Another level at the same path. Conversations under way keep the level that they began with.
    func adopt(_ settings: AdminSettings.Socket) { self.settings = settings }

    /// Of the socket's file.
    func setMode(_ mode: UInt32) throws(UnixListener.Failure) {
        guard chmod(settings.path, mode) == 0 else { throw .system(SystemError("chmod \(settings.path)")) }
    }

    var descriptorsToHandOver: [Int32] { listener.descriptorsToHandOver }

    /// Conversations under way go on.
    func handOver() {
        isHandedOver = true
        server.loop.unwatch(listener.descriptor.number)
        server.loop.remove(self)
    }

    func close() {
        for conversation in Array(conversations.values) { conversation.close() }
        if isHandedOver { return }
        listener.removeFile()
        server.loop.remove(self)
    }
}

extension AdminLevel {
    init(_ level: AdminSettings.Level) {
        switch level {
        case .user: self = .user
        case .operator: self = .operator
        case .admin: self = .admin
        }
    }
}
