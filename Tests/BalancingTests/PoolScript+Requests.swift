import Balancing
import Model
import Settings

/// Requests with more than a number.
extension PoolScript {
    // Where the number alone is said, the plain one is meant.
    @_disfavoredOverload mutating func submit(
        _ serial: UInt64, stick: String = "", tried: [String] = [], _ attempt: PoolRequest.Attempt = .first, kind: SlotKind = .other,
        _ queueClass: QueueClass = .quick, mayQueue: Bool = true
    ) -> String {
        var request = PoolRequest(
            ticket: Ticket(worker: 0, serial: serial), kind: kind, queueClass: queueClass, attempt: attempt, stickKey: Array(stick.utf8),
            hash: HashRing.hash(Array(stick.utf8)), mayQueue: mayQueue)
        for server in tried { request.tried.insert(id(server)) }
        return submit(request)
    }

    mutating func wait(_ time: Duration) { now = now + time }

    /// An operator's weight or maxconn.
    mutating func adjust(_ server: String, _ fill: (inout AgentReply) -> Void) {
        var reply = AgentReply()
        fill(&reply)
        handle(.adjust(id(server), reply))
    }

    /// Time passes, and what is due happens.
    mutating func tick(after time: Duration) -> [String] {
        wait(time)
        return handle(.tick)
    }
}
