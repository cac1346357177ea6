import Balancing
import Buffers
import Model
import Network

/// One server's own word (`agent_check`, HAProxy's agent-check): a plain connection to its agent's port, where nothing is sent and one
/// line is read. It goes on while the server is down or in maint, since only the agent takes back what it said.
///
/// No connection, no whole line in time, or one that says nothing: nothing changes, since the agent is no health check.
final class AgentProbe: Probe {
    /// nil: not asked yet.
    private var isHeard: Bool?
    private var interval: Duration = .seconds(2)

    override func plan() -> Plan {
        guard let state = pool.server(server), state.index != nil, let settings = state.settings.agentCheck,
            let target = pool.target(server)
        else { return .never }
        interval = settings.inter
        guard let address = target.address, state.isAgentAsked else { return .later(interval) }
        let agent = SocketAddress(high: address.high, low: address.low, port: settings.port)
        return .ask(Question(target: target, address: agent, isSecured: false, bytes: [], timeout: interval))
    }

    override func received(_ buffer: ByteBuffer, hasEnded: Bool) {
        let bytes = buffer.readable
        for index in 0..<min(bytes.count, AgentReply.lineBound) where bytes[index] == 0x0A || bytes[index] == 0x0D {
            return heard(AgentReply(line: bytes.extracting(first: index)))
        }
        if hasEnded || bytes.count >= AgentReply.lineBound { unheard("no whole line") }
    }

    override func failed(_ cause: CheckFailure.Cause, _ info: String) { unheard(info.isEmpty ? cause.text : info) }

    private func heard(_ reply: AgentReply?) {
        guard let reply else { return unheard("nothing in its line is understood") }
        if isHeard != true { checker.log.info("Agent of server \(name) answers.") }
        isHeard = true
        rest(interval)
        pool.handle(.agent(server, reply), now: MonotonicTime(nanoseconds: checker.loop.now))
    }

    private func unheard(_ reason: String) {
        if isHeard != false { checker.log.warning("Agent of server \(name) says nothing, reason: \(reason). What it said last stays.") }
        isHeard = false
        rest(interval)
    }

    private var name: String { "\(pool.name)/\(pool.server(server)?.name ?? "")" }
}
