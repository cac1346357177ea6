import Foundation
import StandIn
import Synchronization
import TestKit

/// Agents that send requests without a pause until they are stopped: some keep their connections for as long as they may, others make a new one
/// for each request.
final class SteadyClients: Sendable {
    private struct Counts {
        var requests = 0
        var failures: [String] = []
        /// From a request's first byte to the last of its response, of every request that was answered.
        var times: [Duration] = []
    }

    private let counts = Mutex(Counts())
    private let isEnding = Atomic(false)
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - kept: how many keep their connections
    ///   - fresh: how many do not
    ///   - tls: made once, since every client may use it
    init(_ port: UInt16, tls: StandInTLS, kept: Int, fresh: Int, asking request: String = Requests.metadata()) {
        for number in 0..<(kept + fresh) {
            running.enter()
            Thread { [self] in
                while !isEnding.load(ordering: .relaxed) { converse(port, tls, request, isKept: number < kept) }
                running.leave()
            }.start()
        }
    }

    var requests: Int { counts.withLock { $0.requests } }

    /// The time within which that part of the requests was answered.
    func time(_ part: Double) -> Duration {
        let times = counts.withLock { $0.times }.sorted()
        return times.isEmpty ? .zero : times[min(times.count - 1, Int(Double(times.count) * part))]
    }

    /// Waits until so many more requests have their response.
    func goOn(for requests: Int) -> Bool {
        let goal = self.requests + requests
        return waitUntil(within: .seconds(20)) { self.requests >= goal }
    }

    /// Ends all, and gives what went wrong.
    func end() -> [String] {
        isEnding.store(true, ordering: .relaxed)
        running.wait()
        return counts.withLock { $0.failures }
    }

    /// One connection.
    private func converse(_ port: UInt16, _ tls: StandInTLS, _ request: String, isKept: Bool) {
        do {
            let client = try RawClient(port, tls: tls)
            defer { client.close() }
            var answer: RawClient.Response
            repeat {
                let begun = ContinuousClock.now
                answer = try client.exchange(request)
                let time = ContinuousClock.now - begun
                counts.withLock { $0.times.append(time) }
                note(answer.status == 200 && answer.isWhole ? nil : "status \(answer.status)")
            } while isKept && !answer.saysClose && !isEnding.load(ordering: .relaxed)
        } catch {
            note("\(error)")
        }
    }

    private func note(_ failure: String?) {
        counts.withLock { counts in
            counts.requests += 1
            if let failure { counts.failures.append(failure) }
        }
    }
}
