import Anycast
import CLinux
import Hooks
import Network

/// Disables protocols of BIRD, blocking: for processes that do nothing else (`puppetfront anycast guard` and `withdraw`).
enum BIRDWithdrawal {
    /// - Returns: why it failed; nil: all are disabled
    static func withdraw(socket path: String, _ protocols: [String]) -> String? {
        do throws(SystemError) {
            let connection = try UnixConnection.connect(path, seconds: 3)
            var reader = BIRDReplyReader()
            guard reply(connection.number, &reader) != nil else { return "\(path): no welcome" }
            var fault: String?
            for name in protocols {
                let command = Array(BIRDPlan.Step(name: name, isOn: false).command.utf8)
                guard CLinux.send(connection.number, command, command.count, Int32(MSG_NOSIGNAL)) == command.count,
                    let reply = reply(connection.number, &reader)
                else { return "\(path): it does not reply" }
                if reply.isError { fault = reply.errorText }
            }
            return fault
        } catch {
            return "\(path): \(error.description)"
        }
    }

    private static func reply(_ socket: Int32, _ reader: inout BIRDReplyReader) -> BIRDReply? {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0, pf_errno() == EINTR { continue }
            guard count > 0, let replies = try? reader.receive(chunk[..<count]) else { return nil }
            if let first = replies.first { return first }
        }
    }
}

/// Withdraws without a service, blocking.
package enum AnycastWithdrawal {
    package static func bird(_ socket: String, _ protocols: [String]) -> String? { BIRDWithdrawal.withdraw(socket: socket, protocols) }
    package static func command(_ program: String) -> String? { StateProgram.run(program, "off") }
}
