/// The situation between two steps.
struct Situation: Sendable, Equatable, CustomStringConvertible {
    /// Requests that each server holds; servers without any are left out.
    var running: [String: Int]
    /// The numbers of those that wait in the proxy, in ascending order.
    var queued: [Int]
    /// The numbers of those that ended without a server's response so far, in ascending order.
    var refused: [Int]

    var description: String {
        let held = running.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "[\(held); queued \(queued); refused \(refused)]"
    }
}
