import Glibc
import Synchronization

/// Messages of the running service to standard error, one line each, by any thread. Writing never blocks: a line for which there is no room
/// is dropped, and the next line that finds room is preceded by the number of dropped lines.
enum MessageOutput {
    private struct State {
        /// Lines left out since the last one that was written.
        var leftOut = 0
        /// The last write was a part of a line, on a full disk.
        var isTorn = false
    }

    private static let state = Mutex(State())
    /// A pipe takes so much at once when it says that it has room (pipe(7): PIPE_BUF).
    private static let bound = 4096

    static func write(_ line: String, time: String) {
        state.withLock { state in
            if state.leftOut > 0, put("\(time) warning messages were lost here: \(state.leftOut)", &state) { state.leftOut = 0 }
            if state.leftOut > 0 || !put("\(time) \(line)", &state) { state.leftOut += 1 }
        }
    }

    private static func put(_ line: String, _ state: inout State) -> Bool {
        var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        guard poll(&ready, 1, 0) > 0 else { return false }
        let bytes = (state.isTorn ? [0x0A] : []) + Array(line.utf8.prefix(bound - 2)) + [0x0A]
        let count = Glibc.write(STDERR_FILENO, bytes, bytes.count)
        if count > 0 { state.isTorn = count < bytes.count }
        return count == bytes.count
    }
}
