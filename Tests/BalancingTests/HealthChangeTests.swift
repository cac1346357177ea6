import Balancing
import Model
import Settings
import Testing

/// The lines that operators read.
struct HealthChangeTests {
    static func lines(_ outcomes: [(String, CheckOutcome)]) -> [String] {
        var script = PoolScript(
            PoolTests.settings(server("p1", maxconn: 1), server("p2"), server("p0", backup: true)))
        _ = script.submit(1)
        return outcomes.flatMap { name, outcome in
            var actions: [PoolAction] = []
            script.pool.handle(.check(script.id(name), outcome), now: script.now, actions: &actions)
            return actions.compactMap { action -> String? in
                guard case .healthChanged(let server, let change) = action else { return nil }
                return change.line(pool: "compilers", server: script.name(server))
            }
        }
    }

    static let pass = CheckOutcome.passed(status: 200, duration: .milliseconds(7))

    @Test func eachStepIsOneLineInHAProxysWords() {
        let lines = Self.lines([
            ("p1", Self.pass), ("p1", Self.pass),
            ("p1", .failed(CheckFailure(.layer7Status, code: 503, duration: .milliseconds(3)))),
            ("p1", .failed(CheckFailure(.layer4Refused, info: "Connection refused", duration: .zero))),
            ("p1", .failed(CheckFailure(.layer7Timeout, duration: .seconds(5)))),
            ("p2", .unresolved), ("p1", Self.pass), ("p1", Self.pass), ("p2", .resolved),
        ])
        #expect(
            lines == [
                "Health check for server compilers/p1 succeeded, reason: Layer7 check passed, code: 200, check duration: 7ms, status: 3/3 UP.",
                "Health check for server compilers/p1 failed, reason: Layer7 wrong status, code: 503, check duration: 3ms, status: 2/3 UP.",
                "Health check for server compilers/p1 failed, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms, status: 1/3 UP.",
                "Server compilers/p1 is DOWN, reason: Layer7 timeout, check duration: 5000ms. 1 active and 1 backup servers left. 1 requests active, 0 in queue.",
                "Server compilers/p2 is DOWN, reason: name does not resolve. 0 active and 1 backup servers left. Running on backup. 0 requests active, 0 in queue.",
                "Health check for server compilers/p1 succeeded, reason: Layer7 check passed, code: 200, check duration: 7ms, status: 1/2 DOWN.",
                "Server compilers/p1 is UP, reason: Layer7 check passed, code: 200, check duration: 7ms. 1 active and 1 backup servers left. 1 requests active, 0 in queue.",
            ])
    }

    @Test func aServersWordsCannotForgeALine() {
        let failure = CheckFailure(
            .layer7Response, info: "x\"\nServer \u{1b}[2J\u{e9} is UP\r" + String(repeating: "y", count: 500), duration: .zero)
        let line = Self.lines([("p1", .failed(failure))])[0]
        #expect(line.contains("info: \"x..Server .[2J. is UP.yyy"))
        #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(line.utf8.count < 400)
    }

    @Test(arguments: CheckFailure.Cause.allCases)
    func everyCauseHasItsOwnWords(cause: CheckFailure.Cause) {
        let others = CheckFailure.Cause.allCases.filter { $0 != cause }.map(\.text)
        #expect(!cause.text.isEmpty && !others.contains(cause.text))
    }
}
