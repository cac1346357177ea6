/// The result of one agent. Times are seconds of the monotonic clock.
struct HerdRecord {
    /// Its index in the order in which agents begin to connect.
    let number: Int
    /// When it began to connect.
    let connected: Double
    /// When its request was sent; nil if it never was.
    var asked: Double?
    /// When it ended.
    var ended: Double?
    /// `catalog`, or a short text of what went wrong; nil until it ends.
    var outcome: String?

    /// Number, outcome, seconds of its compile, then seconds since `start` or `-`: connected, asked, ended. Separated by tabs.
    func line(since start: Double, compile: Double) -> String {
        let times = [connected, asked, ended].map { time in time.map { text($0 - start) } ?? "-" }
        return (["\(number)", outcome ?? "-", text(compile)] + times).joined(separator: "\t")
    }

    private func text(_ seconds: Double) -> String { String(Double(Int(seconds * 1e4)) / 1e4) }
}
