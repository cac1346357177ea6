import Foundation

/// Reads a descriptor to its end on a thread of its own and keeps the lines.
final class LineCollector: @unchecked Sendable {
    /// Guards all below.
    private let condition = NSCondition()
    private var kept: [String] = []
    private var rest: [UInt8] = []
    private var hasEnded = false

    /// Takes the descriptor over.
    init(_ descriptor: Int32) {
        let thread = Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count > 0 { add(buffer[..<count]) } else if count == 0 || errno != EINTR { break }
            }
            close(descriptor)
            finish()
        }
        thread.start()
    }

    var lines: [String] {
        condition.lock()
        defer { condition.unlock() }
        return kept
    }

    /// The first line from `start` on for which `body` gives a value; nil when the time is up or nothing more can come.
    func first<Value>(from start: Int = 0, within timeout: Duration, _ body: (String) -> Value?) -> Value? {
        let limit = Date().addingTimeInterval(Double(timeout.components.seconds) + Double(timeout.components.attoseconds) / 1e18)
        var next = start
        condition.lock()
        defer { condition.unlock() }
        while true {
            while next < kept.count {
                if let value = body(kept[next]) { return value }
                next += 1
            }
            if hasEnded || !condition.wait(until: limit) { return next < kept.count ? body(kept[next]) : nil }
        }
    }

    /// Returns once nothing more can come, or when the time is up.
    func waitForEnd(within timeout: Duration) { _ = first(within: timeout) { _ -> Never? in nil } }

    private func add(_ bytes: ArraySlice<UInt8>) {
        condition.lock()
        defer { condition.unlock() }
        rest.append(contentsOf: bytes)
        while let end = rest.firstIndex(of: 10) {
            kept.append(String(decoding: rest[..<end], as: UTF8.self))
            rest.removeFirst(end + 1)
        }
        condition.broadcast()
    }

    private func finish() {
        condition.lock()
        if !rest.isEmpty { kept.append(String(decoding: rest, as: UTF8.self)) }
        rest = []
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }
}
