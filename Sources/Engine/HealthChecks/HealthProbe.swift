import Balancing
import Buffers
import Model
import Network
import Settings

/// One server's active health check: a request and an expected response.
final class HealthProbe: Probe {
    private var check = CheckSettings()
    private var answer = ProbeAnswer(to: .get, contentBound: 0)

    override func plan() -> Plan {
        guard let state = pool.server(server), state.index != nil, let settings = state.health.check,
            let target = pool.target(server)
        else { return .never }
        check = settings
        answer = ProbeAnswer(to: check.method == "HEAD" ? .head : .get, contentBound: CheckSettings.expectedBodyBound)
        guard let address = target.address, state.admin != .maint, state.isChecked else { return .later(settings.inter) }
        let authority = check.host.map { Array($0.utf8) } ?? authority(target)
        return .ask(
            Question(
                target: target, address: SocketAddress(high: address.high, low: address.low, port: check.port ?? address.port),
                isSecured: check.tls ?? true, bytes: ProbeAnswer.request(check.method, check.target, authority: authority),
                timeout: check.timeout))
    }

    override func received(_ buffer: ByteBuffer, hasEnded: Bool) {
        let progress: ProbeAnswer.Progress
        do {
            progress = try answer.take(buffer, hasEnded: hasEnded)
        } catch {
            return failed(.layer7Response, error.text)
        }
        if progress == .needsMore { return }
        guard answer.status == check.expectedStatus else { return fail(.layer7Status, "", code: answer.status) }
        guard let wanted = check.expectedBody else { return pass() }
        if holds(answer.content, Array(wanted.utf8)) { return pass() }
        if progress == .isWhole { fail(.layer7Response, "the body does not hold the expected text", code: answer.status) }
    }

    override func failed(_ cause: CheckFailure.Cause, _ info: String) { fail(cause, info, code: nil) }

    private func holds(_ content: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard content.count >= wanted.count else { return false }
        return (0...content.count - wanted.count).contains { content[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    private func pass() { end(.passed(status: answer.status, duration: duration)) }

    private func fail(_ cause: CheckFailure.Cause, _ info: String, code: Int?) {
        end(.failed(CheckFailure(cause, code: code, info: info, duration: duration)))
    }

    private func end(_ outcome: CheckOutcome) {
        stop()
        pool.handle(.check(server, outcome), now: MonotonicTime(nanoseconds: checker.loop.now))
        rest(pool.server(server)?.health.nextInterval)
    }
}
