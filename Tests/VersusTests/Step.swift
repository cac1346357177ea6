/// What happens in a scenario. Each step begins when all effects of the one before have ended.
enum Step: Sendable {
    /// So many requests come, each when the one before is with a server, in a queue or refused. Requests are numbered from 1 on.
    case arrive(Int, from: String = "127.0.0.1", for: NumberedRequest.Kind = .catalog)
    /// A server responds to the oldest of its requests.
    case release(Int, at: String)
    /// A server's checks begin to fail, and it is down; what runs on it continues.
    case down(String)
    case up(String)
    case expect(Situation)

    /// - Parameter running: requests by server; servers without any are left out
    static func expect(_ running: [String: Int], queued: [Int], refused: [Int] = []) -> Step {
        .expect(Situation(running: running, queued: queued, refused: refused))
    }

    static func expect(_ running: [String: Int], queued: ClosedRange<Int>? = nil, refused: ClosedRange<Int>? = nil) -> Step {
        expect(running, queued: queued.map { Array($0) } ?? [], refused: refused.map { Array($0) } ?? [])
    }
}
