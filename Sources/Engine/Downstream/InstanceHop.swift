import Forwarding
import HTTP1
import Model
import Routing

/// A request that another instance has sent here: what is believed of it?
///
/// Believed is what a connection says whose certificate is an instance's (`sites.NAME.instances`), on a listener for instances. The sender
/// has verified the agent, and has decided for a pool; this instance decides for a server of its own site.
final class InstanceHop {
    /// The agent.
    let client: ClientContext
    let pool: PoolIndex
    let rule: RuleID
    let id: [UInt8]
    /// The instances that it has passed, this one last.
    let via: [UInt8]

    /// What came by a listener for instances.
    enum Arrival {
        /// The sender's health check of a pool.
        case check(isReady: Bool)
        case request(InstanceHop)
        case refused(Reason, cause: String)
    }

    private struct Refusal: Error {
        let reason: Reason
        let cause: String
    }

    /// - Parameter bytes: what `head` was parsed from
    static func take(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, from sender: ClientContext, _ snapshot: Snapshot,
        _ clients: InstanceClients
    ) -> Arrival {
        guard let number = snapshot.instanceNumber(of: sender) else {
            return .refused(.notAuthorized, cause: "no instance has this certificate")
        }
        if let path = sender.listener.statusPath, let name = poolOfStatus(path, head, bytes) {
            return .check(isReady: snapshot.poolNames.firstIndex(of: name).map { snapshot.pools[$0].isUsableHere } ?? false)
        }
        do throws(Refusal) {
            return .request(
                try InstanceHop(InstanceRequest(head, bytes), rule: snapshot.routes.rule(ofInstance: number), sender, snapshot, clients))
        } catch {
            return .refused(error.reason, cause: error.cause)
        }
    }

    private init(
        _ request: InstanceRequest, rule: RuleID, _ sender: ClientContext, _ snapshot: Snapshot, _ clients: InstanceClients
    ) throws(Refusal) {
        guard let client = clients.client(request, on: sender), !request.id.isEmpty else {
            throw Refusal(reason: .badRequest, cause: "fields of an instance are missing or malformed")
        }
        guard !request.via.contains(snapshot.instanceName), request.via.count < InstanceFields.mostHops else {
            throw Refusal(reason: .loopDetected, cause: "it has passed this instance, or too many")
        }
        guard let index = snapshot.poolNames.firstIndex(of: request.pool) else {
            throw Refusal(reason: .noServer, cause: "no such pool here")
        }
        self.client = client
        self.rule = rule
        pool = PoolIndex(index)
        id = Array(request.id.prefix(64))
        via = Array((request.via + [snapshot.instanceName]).joined(separator: [UInt8(ascii: ",")]))
    }

    /// The pool that an instance asks for with the status path: `PATH?pool=NAME`; nil: no such question.
    private static func poolOfStatus(_ path: [UInt8], _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) -> [UInt8]? {
        guard head.method == .get || head.method == .head, head.target.upper <= bytes.count else { return nil }
        let target = bytes.extracting(head.target.range).withUnsafeBytes { Array($0) }
        let question = path + "?pool=".utf8
        return target.starts(with: question) ? Array(target[question.count...]) : nil
    }

    /// What a request gets on its way to another instance. One that has come from an instance stays here.
    static func fields(_ client: ClientContext, id: [UInt8], pool: [UInt8], from name: [UInt8]) -> [UInt8] {
        var lines = client.identity?.headerBlock ?? []
        let end: [UInt8] = [0x0D, 0x0A]
        lines += InstanceFields.via + name + end
        lines += InstanceFields.pool + pool + end
        lines += InstanceFields.id + id + end
        lines += InstanceFields.source + client.sourceText + end
        return lines
    }
}
