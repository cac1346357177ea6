import Model
import Network

/// Runs an operator's program with one argument, for a bounded time. Blocks the calling thread.
package enum StateProgram {
    private static let limit: Duration = .seconds(10)
    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

    /// - Returns: why it failed; nil: exit status 0
    package static func run(_ path: String, _ argument: String) -> String? {
        let last = MonotonicClock.nanoseconds() + limit.inNanoseconds
        do throws(SystemError) {
            let run = try ProgramRun(path, arguments: [argument], input: [], environment: environment)
            let (end, line) = run.finish(hasTimedOut: { MonotonicClock.nanoseconds() >= last }, patience: .seconds(2))
            let words = line.isEmpty ? "" : ": \(line)"
            switch end {
            case .exited(0): return nil
            case .exited(let status): return "exit status \(status)\(words)"
            case .killed(let signal): return "killed by signal \(signal)\(words)"
            case .timedOut: return "not finished after \(limit.components.seconds)s\(words)"
            case .unavailable: return "exit status unavailable"
            }
        } catch {
            return error.description
        }
    }
}
