import Balancing
import Buffers
import Model
import Network

/// The load that one Puppet Server reports of its JRubies (`load: jruby`), asked every 5 s while it is up and not in maint.
///
/// The pool uses the last response for at most 15 s: after two failures in a row, each of at most 5 s, or when the server is not
/// asked any more, the load counts as unknown.
final class LoadProbe: Probe {
    private static let interval: Duration = .seconds(5)

    private var answer = ProbeAnswer(to: .get, contentBound: 0)
    /// The pool uses a response of this probe.
    private var isKnown = false
    private var failures = 0

    override func plan() -> Plan {
        guard let state = pool.server(server), state.index != nil, let target = pool.target(server) else { return .never }
        guard let address = target.address, state.isUp, state.admin != .maint else {
            if isKnown { report(nil) }
            failures = 0
            return .later(Self.interval)
        }
        answer = ProbeAnswer(to: .get, contentBound: JRubyStatus.answerBound)
        return .ask(
            Question(
                target: target, address: address, bytes: ProbeAnswer.request("GET", JRubyStatus.target, authority: authority(target)),
                timeout: Self.interval))
    }

    override func received(_ buffer: ByteBuffer, hasEnded: Bool) {
        do {
            guard try answer.take(buffer, hasEnded: hasEnded) == .isWhole else { return }
        } catch {
            return fail(error.text)
        }
        guard answer.status == 200 else { return fail("status \(answer.status)") }
        guard let load = JRubyStatus.parse(answer.content) else { return fail("no count of JRubies in the response") }
        if !isKnown {
            checker.log.info("JRubies of server \(name) are known: \(load.free) of \(load.jrubies) free, \(load.waiting) requests waiting.")
        }
        failures = 0
        report(load)
        rest(Self.interval)
    }

    override func failed(_ cause: CheckFailure.Cause, _ info: String) { fail(info.isEmpty ? cause.text : info) }

    private func fail(_ reason: String) {
        failures += 1
        if failures == 2 {
            checker.log.warning("JRubies of server \(name) are not known, reason: \(reason). Only requests from here count for it.")
            report(nil)
        }
        rest(Self.interval)
    }

    private func report(_ load: JRubyLoad?) {
        isKnown = load != nil
        pool.handle(.load(server, load), now: MonotonicTime(nanoseconds: checker.loop.now))
    }

    private var name: String { "\(pool.name)/\(pool.server(server)?.name ?? "")" }
}
