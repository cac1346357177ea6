import Peers

/// What holds for every sequence of bytes that a peer sends once the greeting is done; an odd first byte gives it the greeting to send too.
package enum PeerInvariants {
    private static let tables = [
        PeerTable(name: "p", keys: .string, expiry: 900_000), PeerTable(name: "q", keys: .ip, expiry: 60_000),
    ]

    private struct Outcome: Equatable {
        var entries: [PeerEntry] = []
        var fault: PeerFault?
        var isEstablished = false
    }

    /// What `input` breaks; nil where all holds.
    package static func violation(of input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let greets = first & 1 == 1
        let whole = play(Array(input.dropFirst()), greets: greets, step: .max)
        let split = play(Array(input.dropFirst()), greets: greets, step: 3)
        if whole.outcome != split.outcome { return "in steps it means something else" }
        return whole.problem ?? split.problem
    }

    private static func play(_ bytes: [UInt8], greets: Bool, step: Int) -> (outcome: Outcome, problem: String?) {
        let shared = tables.map { ($0, resuming: UInt32(0)) }
        var session: PeerSession
        var outcome = Outcome()
        if greets {
            session = PeerSession(calledAs: "a", members: ["b"], now: 0)
        } else {
            session = PeerSession(calling: "b", from: "a", shared, now: 0)
            Array("200\n".utf8).withUnsafeBytes { session.receive($0, now: 0) }
        }
        session.wrote(session.output.count, now: 0)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes { session.receive($0, now: 0) }
            if session.awaitsAcceptance {
                session.accept(shared)
                session.resume(now: 0)
            }
            for (table, entry) in session.takeLearned() {
                outcome.entries.append(entry)
                if entry.key.isEmpty || entry.remaining == 0 { return (outcome, "an entry without a key, or expired") }
                if let left = entry.remaining, left > tables[table].expiry { return (outcome, "a longer expiry than the table's") }
                if entry.server.isEmpty, entry.serverNumber <= 0 { return (outcome, "an entry without a server") }
            }
            var turns = 0
            while let teaching = session.teaching, turns < 10 {
                let entry = PeerEntry(key: Array("k".utf8), server: Array("s".utf8), serverNumber: 1, remaining: 5)
                session.teach([entry], next: teaching.place < 2 ? teaching.place + 1 : nil, isUpToDate: true)
                turns += 1
            }
            if turns == 10 { return (outcome, "never stops teaching") }
            session.wrote(session.output.count, now: 0)
        }
        outcome.fault = session.fault
        outcome.isEstablished = session.isEstablished
        if session.fault != nil, session.isEstablished { return (outcome, "established after a fault") }
        return (outcome, nil)
    }
}
