import Foundation
import StandIn

/// The demo's proxy: `run` of this same binary in a process of its own, in its own process group so that Ctrl-C reaches the demo alone.
final class DemoProxyProcess: DemoProxy {
    let port: UInt16
    let statisticsAddress: String?
    private var pid: pid_t = 0

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns once the ready line has come.
    init(configuration: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "pipe failed: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let binary = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        pid = try Self.spawn([binary, "run", "--config", configuration], errors: ends[1])
        close(ends[1])
        guard let line = Self.readyLine(ends[0]) else {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw Failure(description: "the proxy did not start")
        }
        var addresses: [Substring: Substring] = [:]
        for word in line.split(separator: " ") {
            if let sign = word.lastIndex(of: "=") { addresses[word[..<sign]] = word[word.index(after: sign)...] }
        }
        guard let port = addresses["agents"]?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw Failure(description: "no port in: \(line)")
        }
        self.port = port
        statisticsAddress = addresses["http"].map(String.init)
        Self.passOn(ends[0])
    }

    deinit { stop() }

    func stop() {
        guard pid > 0 else { return }
        kill(pid, SIGTERM)
        waitpid(pid, nil, 0)
        pid = 0
    }

    private static func spawn(_ arguments: [String], errors: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, arguments[0], &actions, &attributes, words, environ)
        guard result == 0 else { throw Failure(description: "cannot start \(arguments[0]): errno \(result)") }
        return child
    }

    /// Reads lines until the ready line; what comes before is passed on.
    private static func readyLine(_ descriptor: Int32) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1 {
            guard byte == 10 else {
                line.append(byte)
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("ready ") { return text }
            FileHandle.standardError.write(Data(line + [10]))
            line.removeAll()
        }
        return nil
    }

    /// Copies the proxy's messages to this process's standard error until they end.
    private static func passOn(_ descriptor: Int32) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count > 0 { FileHandle.standardError.write(Data(buffer[..<count])) } else if count == 0 || errno != EINTR { break }
            }
            close(descriptor)
        }
    }
}
