import Admin

/// What conversations wait for, by number. On the control loop. Each conversation asks one thing at a time, so there are few.
struct Inquiries {
    private struct Entry {
        /// Workers that have not replied; none where none is asked.
        var missing: Set<Int>
        var found = SessionList()
        let finish: (AdminFinding) -> Void
    }

    private var entries: [UInt64: Entry] = [:]
    private var last: UInt64 = 0

    /// Its number, which the results carry.
    mutating func open(_ workers: Set<Int>, finish: @escaping (AdminFinding) -> Void) -> UInt64 {
        last += 1
        entries[last] = Entry(missing: workers, finish: finish)
        return last
    }

    /// Reports the result once all workers have replied; nil: not yet.
    mutating func answered(_ number: UInt64, by worker: Int, _ list: SessionList) -> (() -> Void)? {
        guard var entry = entries[number], entry.missing.remove(worker) != nil else { return nil }
        entry.found.sessions += list.sessions
        entry.found.omitted += list.omitted
        guard entry.missing.isEmpty else {
            entries[number] = entry
            return nil
        }
        entries[number] = nil
        return { [entry] in entry.finish(.sessions(entry.found)) }
    }

    /// The whole result, of one that no workers were asked for.
    mutating func answered(_ number: UInt64, _ finding: AdminFinding) -> (() -> Void)? {
        entries.removeValue(forKey: number).map { entry in { entry.finish(finding) } }
    }

    /// A worker that is gone has no sessions.
    mutating func ended(worker: Int) -> [() -> Void] { entries.keys.compactMap { answered($0, by: worker, SessionList()) } }
}
