import Balancing
import Buffers
import Model
import Network

/// One server's agent check (`agent_check`, HAProxy's agent-check): a plain connection to its agent's port, where nothing is sent and one
/// line is read. It continues while the server is down or in maint, since only the agent can revoke its replies.
///
/// No connection, no whole line in time, or a line without a known word: nothing changes, since the agent is no health check.
final class AgentProbe: Probe {
    /// nil: not asked yet.
    private var isResponding: Bool?
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
            return replyReceived(AgentReply(line: bytes.extracting(first: index)))
        }
        if hasEnded || bytes.count >= AgentReply.lineBound { noReply("no whole line") }
    }

    override func failed(_ cause: CheckFailure.Cause, _ info: String) { noReply(info.isEmpty ? cause.text : info) }

    private func replyReceived(_ reply: AgentReply?) {
        guard let reply else { return noReply("no known word in its line") }
        if isResponding != true { checker.log.info("Agent check for server \(name) succeeded.") }
        isResponding = true
        rest(interval)
        pool.handle(.agent(server, reply), now: MonotonicTime(nanoseconds: checker.loop.now))
    }

    private func noReply(_ reason: String) {
        if isResponding != false {
            checker.log.warning("Agent check for server \(name) failed, reason: \(reason). Its last reply stays in force.")
        }
        isResponding = false
        rest(interval)
    }

    private var name: String { "\(pool.name)/\(pool.server(server)?.name ?? "")" }
}
