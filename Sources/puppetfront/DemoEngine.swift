import ConfigFile
import Engine
import Foundation
import Logging
import StandIn

/// The demo's proxy: the whole service on a thread of this process. Signals stay the demo's.
final class DemoEngine: DemoProxy {
    private struct State {
        var words: [String] = []
        var remote: ProxyServer.Remote?
        var exitCode: Int32?
    }

    /// What the service's thread and this one share; `condition` guards `state`.
    private final class Shared: @unchecked Sendable {
        let condition = NSCondition()
        private var state = State()

        func change(_ body: (inout State) -> Void) {
            condition.lock()
            body(&state)
            condition.broadcast()
            condition.unlock()
        }

        /// Waits until `isDone` holds; nil where it does not in time.
        func wait(seconds: Double, until isDone: (State) -> Bool) -> State? {
            let limit = Date().addingTimeInterval(seconds)
            condition.lock()
            defer { condition.unlock() }
            while !isDone(state) {
                guard condition.wait(until: limit) else { return isDone(state) ? state : nil }
            }
            return state
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: UInt16
    let statisticsAddress: String?
    private let shared: Shared

    /// Returns once every listener is bound.
    /// - Parameter configuration: the file's path
    init(configuration: String) throws {
        let shared = Shared()
        self.shared = shared
        let thread = Thread { DemoEngine.serve(configuration, shared) }
        thread.start()
        guard let state = shared.wait(seconds: 20, until: { !$0.words.isEmpty || $0.exitCode != nil }), state.exitCode == nil else {
            throw Failure(description: "the proxy did not start")
        }
        let addresses = Dictionary(
            state.words.compactMap { word in
                word.lastIndex(of: "=").map { (String(word[..<$0]), String(word[word.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
        guard let port = addresses["agents"]?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure(description: "no listener in: \(state.words.joined(separator: " "))")
        }
        self.port = port
        statisticsAddress = addresses["admin"]
    }

    deinit { stop() }

    func stop() {
        shared.change { $0.remote?.stop() }
        _ = shared.wait(seconds: 10) { $0.exitCode != nil }
    }

    private static func serve(_ configuration: String, _ shared: Shared) {
        var code: Int32 = 1
        defer { shared.change { $0.exitCode = code } }
        let level = LogLevel()
        level.set("notice")
        let log = Logger(label: "puppetfront") { _ in LineLogHandler(level: level) }
        do {
            let server = try ProxyServer(
                version: Version.current, handlesSignals: false, log: log,
                load: {
                    let result = ConfigurationLoader.load(path: configuration, site: nil, environmentSite: nil, checkFiles: true)
                    let lines = result.diagnostics.map(\.description)
                    return result.settings.map { .loaded($0, warnings: lines) } ?? .failed(lines)
                },
                onReady: { words in shared.change { $0.words = words } })
            shared.change { $0.remote = server.remote }
            code = server.run()
        } catch {
            Output.error("error: \(error)")
        }
    }
}
