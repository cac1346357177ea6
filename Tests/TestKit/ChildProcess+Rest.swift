import Foundation

extension ChildProcess {
    /// Whether every thread of it slept for a moment: each was asleep twice, and none was switched to in between. A process that
    /// sleeps so has handled all that had come to it; what its timers will do, and bytes still under way to it, do not count.
    package var isAtRest: Bool {
        guard let threads = threads(), threads.values.allSatisfy(\.isAsleep) else { return false }
        return self.threads() == threads
    }

    private struct ThreadState: Equatable {
        var isAsleep = false
        /// How often it left the processor, of its own will or not.
        var switchCount = 0
    }

    /// By thread id; nil if the process, or one of the threads, has ended.
    private func threads() -> [String: ThreadState]? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task"), !names.isEmpty else { return nil }
        var result: [String: ThreadState] = [:]
        for name in names {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(name)/status", encoding: .utf8) else { return nil }
            result[name] = ChildProcess.threadState(text)
        }
        return result
    }

    /// - Parameter text: a `status` file of proc(5)
    private static func threadState(_ text: String) -> ThreadState {
        var state = ThreadState()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: "\t")
            guard words.count == 2 else { continue }
            switch words[0] {
            case "State:": state.isAsleep = words[1].hasPrefix("S")
            case "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:": state.switchCount += Int(words[1]) ?? 0
            default: break
            }
        }
        return state
    }
}
