import CLinux
import Network
import Settings

/// A small child process (`puppetfront anycast guard`) that withdraws when this process ends, however it ends: it reads a pipe, and what
/// ends without `bye` has died.
final class AnnouncementGuard {
    static let farewell = Array("bye\n".utf8)
    private let pid: pid_t
    private let pipe: FileDescriptor

    /// - Parameters:
    ///   - program: puppetfront's own path
    ///   - words: what to withdraw, as the command's options
    init(_ program: String, _ words: [String]) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pf_pipe(&ends) == 0 else { throw SystemError("pipe") }
        let reading = FileDescriptor(owning: ends[0])
        pipe = FileDescriptor(owning: ends[1])
        let command: [String] = [program, "anycast", "guard"] + words
        let environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        var arguments = command.map { strdup($0) } + [nil]
        var settings = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var started: pid_t = 0
        let code = pf_spawn(&started, program, &arguments, &settings, reading.number, 2, 2)
        guard code == 0 else { throw SystemError("start \(program)", code: code) }
        pid = started
    }

    /// nil: there is nothing that a guard could do.
    static func words(_ via: AnycastSettings.Via) -> [String]? {
        switch via {
        case .bird(let socket, let protocols, let unfit): ["--bird", socket] + (protocols + unfit).flatMap { ["--protocol", $0] }
        case .command(let program): ["--command", program]
        case .exabgp: nil
        }
    }

    /// It has ended, which it should not: another is needed. It is reaped.
    var hasEnded: Bool {
        guard pf_has_ended(pid) != 0 else { return false }
        _ = waitpid(pid, nil, WNOHANG)
        return true
    }

    /// Another instance announces from here on: nothing is to be withdrawn.
    func release() { _ = write(pipe.number, Self.farewell, Self.farewell.count) }
}
