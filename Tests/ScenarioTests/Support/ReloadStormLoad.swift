import Foundation
import StandIn
import Synchronization
import TestKit

/// Agents that send requests without a pause, each on its own thread, until they are stopped. None of them retries.
final class ReloadStormLoad: Sendable {
    enum Agent: Sendable, CaseIterable {
        /// Asks for files on one connection, as long as the load lasts.
        case kept
        /// Makes a connection for each file.
        case new
        /// As `new`, but resumes its last session.
        case resuming
        /// Asks for one catalog after the other on one connection.
        case compiling
    }

    private struct Seen {
        var answers: [Agent: Int] = [:]
        var faults: [String] = []
        var resumedCount = 0
    }

    static let catalogSize = 96 << 10
    private let port: UInt16
    private let seen = Mutex(Seen())
    private let isStopping = Atomic(false)
    private let running = DispatchGroup()

    init(_ port: UInt16) { self.port = port }

    /// The servers' responses: files after a moment, catalogs after seconds and in pieces.
    static func answer(_ request: RecordedRequest) -> StandInAnswer? {
        guard request.path.hasPrefix("/puppet/v3/") else { return nil }
        let isCatalog = request.path.hasPrefix("/puppet/v3/catalog/")
        var answer =
            isCatalog
            ? StandInAnswer(200, .chunked(catalogSize, chunk: 8 << 10, pause: .milliseconds(50))) : StandInAnswer.text(200, request.path)
        answer.delay = isCatalog ? .seconds(2) : .milliseconds(10)
        return answer
    }

    func start(_ agent: Agent, _ tls: StandInTLS, certname: String) {
        running.enter()
        Thread { [self] in
            var client: RawClient?
            var session: StandInSession?
            while !isStopping.load(ordering: .relaxed) {
                do {
                    let open = try client ?? RawClient(port, tls: tls, session: session, timeout: .seconds(30))
                    let answer = try open.exchange(agent == .compiling ? Requests.catalog(certname) : Requests.metadata())
                    note(agent, answer, isResumed: open.stream.isResumed)
                    if agent == .resuming { session = open.stream.session }
                    let isKept = agent == .kept || agent == .compiling
                    if !isKept { open.close() }
                    client = isKept && !answer.saysClose ? open : nil
                } catch {
                    fault("\(agent): \(error)")
                    client = nil
                }
            }
            client?.close()
            running.leave()
        }.start()
    }

    private func note(_ agent: Agent, _ answer: RawClient.Response, isResumed: Bool) {
        let size = agent == .compiling ? Self.catalogSize : answer.bodyCount
        if answer.status != 200 || !answer.isWhole || answer.bodyCount != size {
            return fault("\(agent): \(answer.status) \(answer.text.prefix(200))")
        }
        seen.withLock {
            $0.answers[agent, default: 0] += 1
            if isResumed { $0.resumedCount += 1 }
        }
    }

    private func fault(_ text: String) { seen.withLock { $0.faults.append(text) } }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        running.wait()
    }

    var answers: [Agent: Int] { seen.withLock { $0.answers } }
    var answerCount: Int { answers.values.reduce(0, +) }
    var resumedCount: Int { seen.withLock { $0.resumedCount } }
    var faults: [String] { seen.withLock { $0.faults } }
}
