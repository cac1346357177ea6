import Foundation
import Synchronization

/// Accepts connections on a port and serves each on its own thread. Can be stopped and started again on the same port.
///
/// To peers, stopping looks like kill -9: the port refuses connections, and every connection ends at once.
package final class StandInListener: Sendable {
    private struct State {
        var listening: Int32?
        var streams: [ObjectIdentifier: StandInStream] = [:]
        var acceptedCount = 0
    }

    package let port: LoopbackPort
    private let backlog: Int32
    private let serve: @Sendable (StandInStream) -> Void
    private let state = Mutex(State())
    private let threads = ThreadGroup()

    /// - Parameter serve: owns the stream until it returns; the listener closes it then
    package init(on port: LoopbackPort, backlog: Int32 = 512, serve: @escaping @Sendable (StandInStream) -> Void) {
        self.port = port
        self.backlog = backlog
        self.serve = serve
    }

    deinit { interruptAll() }

    package var isListening: Bool { state.withLock { $0.listening != nil } }
    /// Connections accepted so far.
    package var acceptedCount: Int { state.withLock { $0.acceptedCount } }
    /// Connections open now.
    package var openCount: Int { state.withLock { $0.streams.count } }

    /// Without effect if it listens already.
    package func start() throws(StandInError) {
        guard !isListening else { return }
        let descriptor = try port.listen(backlog: backlog)
        state.withLock { $0.listening = descriptor }
        threads.run { [weak self] in
            StandInListener.accept(on: descriptor) { self?.take($0, from: descriptor) ?? false }
        }
    }

    /// Stops listening, ends every connection, and waits at most five seconds for their threads.
    package func stop() {
        interruptAll()
        threads.wait(atMost: .seconds(5))
    }

    /// Ends every connection and continues to listen.
    package func dropConnections() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.interrupt() }
    }

    /// Runs until the listening socket is shut down; only then closes it, so that its number cannot be reused before.
    private static func accept(on descriptor: Int32, _ take: (Int32) -> Bool) {
        while true {
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted >= 0 {
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                if !take(accepted) { close(accepted) }
            } else if errno != EINTR && errno != ECONNABORTED {
                break
            }
        }
        close(descriptor)
    }

    private func interruptAll() {
        let streams = state.withLock { state in
            if let descriptor = state.listening { shutdown(descriptor, Int32(SHUT_RDWR)) }
            state.listening = nil
            return Array(state.streams.values)
        }
        for stream in streams { stream.interrupt() }
    }

    /// False if it stopped listening meanwhile: the caller then closes the descriptor.
    private func take(_ descriptor: Int32, from listening: Int32) -> Bool {
        guard state.withLock({ $0.listening == listening }) else { return false }
        let stream = StandInStream(owning: descriptor)
        let isWanted = state.withLock { state in
            guard state.listening == listening else { return false }
            state.acceptedCount += 1
            state.streams[ObjectIdentifier(stream)] = stream
            return true
        }
        guard isWanted else {
            stream.close()
            return true
        }
        threads.run { [weak self, serve] in
            serve(stream)
            stream.close()
            self?.state.withLock { $0.streams[ObjectIdentifier(stream)] = nil }
        }
        return true
    }
}
