import Balancing
import Foundation
import Model
import Settings
import StandIn
import Synchronization
import TestKit

@testable import Engine

/// The whole service in this process, with one worker, whose messages a test can hold. What it gives out may be used from any thread.
final class InProcessService: Sendable {
    private struct Ready: Sendable {
        let port: UInt16
        let directory: WorkerDirectory
        let snapshot: Snapshot
    }

    private final class Shared: Sendable {
        let ready = Mutex<Ready?>(nil)
        let remote = Mutex<ProxyServer.Remote?>(nil)
        let exitCode = Mutex<Int32?>(nil)
        let loads = Mutex(0)
    }

    private let shared = Shared()
    let log = LogLines()
    let port: UInt16
    private let directory: WorkerDirectory
    let snapshot: Snapshot

    struct NotReady: Error {}

    /// - Parameters:
    ///   - settings: one plain listener is added
    ///   - beforeLoad: called with the load's number, from 1 on, on the thread that loads
    init(_ settings: ProxySettings, beforeLoad: @escaping @Sendable (Int) -> Void = { _ in }) throws {
        var settings = settings
        let any = ListenAddress(address: IPAddress("127.0.0.1")!, port: 0)
        settings.listeners = [ListenerSettings(name: "plain", address: any)]
        settings.limits.workerThreads = 1
        settings.logs.accessTo = .none
        let (shared, log) = (shared, log)
        Thread { [settings] in
            var made: ProxyServer?
            let load: @Sendable () -> ConfigurationOutcome = {
                beforeLoad(
                    shared.loads.withLock {
                        $0 += 1
                        return $0
                    })
                return .loaded(settings, warnings: [])
            }
            made = try? ProxyServer(handlesSignals: false, log: log.logger, load: load) { words in
                guard let server = made, let snapshot = server.configuration.snapshot else { return }
                let port = words[0].split(separator: ":").last.flatMap { UInt16($0) } ?? 0
                shared.ready.withLock { $0 = Ready(port: port, directory: server.workers.directory, snapshot: snapshot) }
            }
            shared.remote.withLock { $0 = made?.remote }
            let code = made?.run()
            shared.exitCode.withLock { $0 = code }
        }.start()
        guard waitUntil({ shared.ready.withLock { $0 != nil } }), let ready = shared.ready.withLock({ $0 }) else { throw NotReady() }
        (port, directory, snapshot) = (ready.port, ready.directory, ready.snapshot)
    }

    deinit { shared.remote.withLock { $0?.stop() } }

    /// How often the configuration was read.
    var loads: Int { shared.loads.withLock { $0 } }
    var exitCode: Int32? { shared.exitCode.withLock { $0 } }
    func reload() { shared.remote.withLock { $0?.reload() } }
    func drain() { shared.remote.withLock { $0?.drain() } }

    func post(_ message: WorkerMessage) { directory.post(message, to: 0) }

    /// Keeps the worker's thread in one message until the gate is open. Returns once it is there.
    func holdWorker() -> Gate {
        let (gate, isHeld) = (Gate(), Gate())
        post(
            .sessions(.list(limit: 1)) { _ in
                isHeld.open()
                gate.pass()
            })
        isHeld.pass()
        return gate
    }
}
