/// What became of one agent. Times are seconds of the monotonic clock.
struct HerdRecord {
    /// Its place in the order in which agents begin to connect.
    let number: Int
    /// When it began to connect.
    let connected: Double
    /// When its request was out; nil where it never was.
    var asked: Double?
    /// When it was over.
    var ended: Double?
    /// `catalog`, or in a few words what went wrong; nil until it is over.
    var outcome: String?

    /// Number, outcome, seconds of its compile, then seconds since `start` or `-`: connected, asked, ended. Parted by tabs.
    func line(since start: Double, compile: Double) -> String {
        let times = [connected, asked, ended].map { time in time.map { text($0 - start) } ?? "-" }
        return (["\(number)", outcome ?? "-", text(compile)] + times).joined(separator: "\t")
    }

    private func text(_ seconds: Double) -> String { String(Double(Int(seconds * 1e4)) / 1e4) }
}
