import Model
import Settings

/// What peers teach, and what is copied for them.
extension Pool {
    /// A server that this pool does not have is no reason to forget what is known: such a stick is skipped.
    mutating func learn(_ taught: [LearnedStick], now: MonotonicTime) {
        guard let settings = settings.stick else { return }
        var names: [[UInt8]: ServerID] = [:]
        var numbers: [Int: ServerID] = [:]
        for server in servers {
            guard let index = server.index else { continue }
            names[Array(server.name.utf8)] = server.id
            numbers[index + 1] = server.id
        }
        for stick in taught {
            guard let server = stick.server.isEmpty ? numbers[stick.number] : names[stick.server] else { continue }
            let age = settings.expire - min(stick.left ?? settings.expire, settings.expire)
            sticks?.store(stick.key, server, age: age, isLearned: true, now: now)
        }
    }

    package mutating func stickChanges(after number: UInt32, limit: Int, now: MonotonicTime) -> (sticks: [StickTable.Shared], last: UInt32)
    {
        sticks?.changes(after: number, limit: limit, now: now) ?? ([], number)
    }
}
