import CLinux
import Network

/// One run of a program, for a bounded time: its input is all there when it starts, its output is dropped, of what it says on standard
/// error the first line is kept. No shell. Blocks the calling thread.
struct ProgramRun: ~Copyable {
    enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(bySignal: Int32)
        /// Its time was up: it got SIGTERM and then, with all that it had started, SIGKILL.
        case tookTooLong
        /// Nobody knows, since somebody else has reaped it.
        case gone
    }

    private let pid: pid_t
    /// The reading end of its standard error.
    private let errors: FileDescriptor
    private var errorBytes: [UInt8] = []
    private var errorsEnded = false
    /// Until its end is looked for again, milliseconds: soon after standard error was closed, later where that was not the end.
    private var pause: Int32 = 1

    private static let errorBound = 512
    private static let longestPause: Int32 = 50

    /// Starts it.
    /// - Parameter environment: `NAME=VALUE`
    init(_ path: String, input: [UInt8], environment: [String]) throws(SystemError) {
        let inputFile = try MemoryFile.make("event", input)
        let null = pf_open("/dev/null", O_WRONLY | O_CLOEXEC, 0)
        guard null >= 0 else { throw SystemError("open /dev/null") }
        let output = FileDescriptor(owning: null)
        var ends: [Int32] = [-1, -1]
        guard pf_pipe(&ends) == 0 else { throw SystemError("pipe") }
        let errorsIn = FileDescriptor(owning: ends[1])
        let errorsOut = FileDescriptor(owning: ends[0])
        let started = try Self.spawn(path, environment, inputFile.number, output.number, errorsIn.number)
        pid = started
        errors = errorsOut
    }

    private static func spawn(
        _ path: String, _ environment: [String], _ input: Int32, _ output: Int32, _ errors: Int32
    ) throws(SystemError) -> pid_t {
        var arguments = [strdup(path), nil]
        var settings = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var started: pid_t = 0
        let code = pf_spawn(&started, path, &arguments, &settings, input, output, errors)
        guard code == 0 else { throw SystemError("start", code: code) }
        return started
    }

    /// Waits for its end.
    /// - Parameters:
    ///   - limit: nanoseconds of the monotonic clock when its time is up; asked again and again
    ///   - patience: between SIGTERM and SIGKILL
    consuming func finish(limit: () -> Int64, patience: Duration) -> (end: End, errorLine: String) {
        var isLate = false
        while pf_has_ended(pid) == 0, !isLate {
            isLate = MonotonicClock.nanoseconds() >= limit()
            if isLate { kill(patience) } else { readErrors(for: Self.longestPause) }
        }
        var status: Int32 = 0
        var reaped = waitpid(pid, &status, 0)
        while reaped < 0, pf_errno() == EINTR { reaped = waitpid(pid, &status, 0) }
        readErrors(for: 0)
        let end: End
        if isLate { end = .tookTooLong } else if reaped != pid { end = .gone } else { end = Self.end(status) }
        return (end, Self.firstLine(errorBytes))
    }

    /// Ends it and all that it has started. Not reaped yet, its process group is still its own.
    private mutating func kill(_ patience: Duration) {
        let last = MonotonicClock.nanoseconds() + patience.inNanoseconds
        _ = CLinux.kill(-pid, SIGTERM)
        while pf_has_ended(pid) == 0, MonotonicClock.nanoseconds() < last { readErrors(for: Self.longestPause) }
        _ = CLinux.kill(-pid, SIGKILL)
    }

    /// Takes what has come, or waits so long for something to come. What is beyond the bound is read and dropped, since a program must
    /// not wait for us; a program that never stops writing does not hold us either.
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

    /// Printable ASCII: a program's words must not forge log lines.
    private static func firstLine(_ bytes: [UInt8]) -> String {
        let line = bytes.drop { $0 == 0x0A || $0 == 0x0D }.prefix { $0 != 0x0A && $0 != 0x0D }
        return String(decoding: line.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }
}
