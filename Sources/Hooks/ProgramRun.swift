import CLinux
import Model
import Network

/// One run of a program, for a bounded time: its input is complete when it starts, its output is dropped, of its standard error the first
/// line is kept. No shell. Blocks the calling thread.
struct ProgramRun: ~Copyable {
    enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(bySignal: Int32)
        /// It exceeded its time: its process group got SIGTERM and then SIGKILL.
        case timedOut
        /// Another part of the process has reaped it.
        case unavailable
    }

    private let pid: pid_t
    /// The reading end of its standard error.
    private let errors: FileDescriptor
    private var errorBytes: [UInt8] = []
    private var errorsEnded = false
    /// Milliseconds until the next look at whether it has ended: short after standard error was closed, then doubling.
    private var pause: Int32 = 1

    private static let errorBound = 512
    private static let longestPause: Int32 = 50

    /// Starts it.
    /// - Parameter environment: `NAME=VALUE`
    init(_ path: String, arguments: [String] = [], input: [UInt8], environment: [String]) throws(SystemError) {
        let inputFile = try MemoryFile.make("event", input)
        let null = pf_open("/dev/null", O_WRONLY | O_CLOEXEC, 0)
        guard null >= 0 else { throw SystemError("open /dev/null") }
        let output = FileDescriptor(owning: null)
        var ends: [Int32] = [-1, -1]
        guard pf_pipe(&ends) == 0 else { throw SystemError("pipe") }
        let errorsIn = FileDescriptor(owning: ends[1])
        let errorsOut = FileDescriptor(owning: ends[0])
        let started = try Self.spawn([path] + arguments, environment, inputFile.number, output.number, errorsIn.number)
        pid = started
        errors = errorsOut
    }

    private static func spawn(
        _ words: [String], _ environment: [String], _ input: Int32, _ output: Int32, _ errors: Int32
    ) throws(SystemError) -> pid_t {
        var arguments = words.map { strdup($0) } + [nil]
        var settings = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var started: pid_t = 0
        let code = pf_spawn(&started, words[0], &arguments, &settings, input, output, errors)
        guard code == 0 else { throw SystemError("start", code: code) }
        return started
    }

    /// Waits for its end.
    /// - Parameters:
    ///   - hasTimedOut: asked again and again, at most 50 ms apart
    ///   - patience: between SIGTERM and SIGKILL
    consuming func finish(hasTimedOut: () -> Bool, patience: Duration) -> (end: End, errorLine: String) {
        var isLate = false
        while pf_has_ended(pid) == 0, !isLate {
            isLate = hasTimedOut()
            if isLate { kill(patience) } else { readErrors(for: Self.longestPause) }
        }
        var status: Int32 = 0
        var reaped = waitpid(pid, &status, 0)
        while reaped < 0, pf_errno() == EINTR { reaped = waitpid(pid, &status, 0) }
        readErrors(for: 0)
        let end: End
        if isLate { end = .timedOut } else if reaped != pid { end = .unavailable } else { end = Self.end(status) }
        return (end, Self.firstLine(errorBytes))
    }

    /// Ends it and everything that it has started. It is not reaped yet, so its process group cannot belong to another process.
    private mutating func kill(_ patience: Duration) {
        let last = MonotonicClock.nanoseconds() + patience.inNanoseconds
        _ = CLinux.kill(-pid, SIGTERM)
        while pf_has_ended(pid) == 0, MonotonicClock.nanoseconds() < last { readErrors(for: Self.longestPause) }
        _ = CLinux.kill(-pid, SIGKILL)
    }

    /// Reads standard error, or waits that long for input. Output beyond the bound is read and dropped, so that the program does not block;
    /// the number of reads is bounded, so that a program that never stops writing does not block this thread.
    private mutating func readErrors(for milliseconds: Int32) {
        var wanted = pollfd(fd: errorsEnded ? -1 : errors.number, events: Int16(POLLIN), revents: 0)
        var chunk = [UInt8](repeating: 0, count: 4096)
        var patience = milliseconds
        if errorsEnded {
            patience = min(patience, pause)
            pause = min(pause * 2, Self.longestPause)
        }
        var turns = 0
        while turns < 64, poll(&wanted, 1, patience) > 0 {
            turns += 1
            patience = 0
            let count = read(errors.number, &chunk, chunk.count)
            guard count > 0 else {
                errorsEnded = count == 0 || pf_errno() != EINTR
                return
            }
            errorBytes += chunk[..<min(count, max(0, Self.errorBound - errorBytes.count))]
        }
    }

    private static func end(_ status: Int32) -> End {
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(bySignal: signal)
    }

    /// As printable ASCII: a program's output must not forge log lines.
    private static func firstLine(_ bytes: [UInt8]) -> String {
        let line = bytes.drop { $0 == 0x0A || $0 == 0x0D }.prefix { $0 != 0x0A && $0 != 0x0D }
        return String(decoding: line.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }
}
