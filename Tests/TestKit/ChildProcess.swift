import Foundation
import Synchronization

// In glibc since 2.34, but hidden from Swift's Glibc map.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ from: Int32) -> Int32

/// A program started by a test, with its output collected. Killed and reaped, by its pid, with the value.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    let output: LineCollector
    let errors: LineCollector
    /// The wait status once it was reaped.
    private let ended = Mutex<Int32?>(nil)

    package enum Failure: Error {
        case spawn(Int32)
        case pipe
    }

    /// - Parameters:
    ///   - arguments: the program's path first
    ///   - passing: descriptors that it gets as 3, 4 and so on
    package init(_ arguments: [String], environment: [String: String] = [:], passing descriptors: [Int32] = []) throws {
        let (outputEnd, outputStart) = try ChildProcess.pipe()
        let (errorEnd, errorStart) = try ChildProcess.pipe()
        defer {
            close(outputStart)
            close(errorStart)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputStart, 1)
        posix_spawn_file_actions_adddup2(&actions, errorStart, 2)
        // Tests run side by side: no descriptor of another test may be held open by this child.
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        defer { for copy in copies { close(copy) } }
        for (index, copy) in copies.enumerated() { posix_spawn_file_actions_adddup2(&actions, copy, Int32(3 + index)) }
        _ = addCloseFrom(&actions, Int32(3 + copies.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        let words = arguments.map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, arguments[0], &actions, &attributes, words, settings)
        guard result == 0 else {
            close(outputEnd)
            close(errorEnd)
            throw Failure.spawn(result)
        }
        pid = child
        output = LineCollector(outputEnd)
        errors = LineCollector(errorEnd)
    }

    deinit {
        if isRunning {
            kill(pid, SIGKILL)
            _ = waitForEnd(within: .seconds(10))
        }
    }

    /// The first line on standard output, past or to come, that `matches`; nil when none arrives in time.
    package func waitForOutput(within timeout: Duration = .seconds(20), where matches: (String) -> Bool) -> String? {
        output.first(within: timeout) { matches($0) ? $0 : nil }
    }

    package var outputLines: [String] { output.lines }
    package var errorLines: [String] { errors.lines }

    package var isRunning: Bool { reap() == nil }

    package func signal(_ number: Int32) {
        ended.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// The exit code, or 128 and the signal's number; nil while it runs on after `timeout`. Its last lines have been read then, unless a child of
    /// its own continues to write.
    package func waitForEnd(within timeout: Duration = .seconds(10)) -> Int32? {
        var status: Int32?
        _ = waitUntil(within: timeout) {
            status = reap()
            return status != nil
        }
        if status != nil { for lines in [output, errors] { lines.waitForEnd(within: .seconds(1)) } }
        return status
    }

    /// Open descriptors, of any kind.
    package var descriptorCount: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0 }

    /// Resident memory in bytes: the largest so far (`VmHWM`) or now (`VmRSS`).
    package func memory(_ key: String = "VmHWM") -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first.map { $0 * 1024 } ?? 0
        }
        return 0
    }

    private func reap() -> Int32? {
        ended.withLock { held in
            if let held { return held }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7F
            held = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            return held
        }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Failure.pipe }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
