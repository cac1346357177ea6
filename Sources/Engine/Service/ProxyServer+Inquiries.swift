import Admin
import TLS

/// What operators ask that others answer: workers tell of their connections through the mailbox, and are never waited for.
extension ProxyServer {
    /// - Parameter finish: called on the control loop, later; not where the answer is given back at once
    func ask(_ inquiry: AdminInquiry, finish: @escaping (AdminFinding) -> Void) -> AdminFinding? {
        switch inquiry {
        case .sessions(.list(let limit)):
            let share = max(1, limit / max(1, runningWorkers.count))
            return ask(runningWorkers, .list(limit: share), finish)
        case .sessions(.one(let number)), .sessions(.end(let number)):
            guard case .sessions(let query) = inquiry, let worker = SessionNumber.worker(of: number) else {
                return .sessions(SessionList())
            }
            return ask(runningWorkers.intersection([worker]), query, finish)
        case .stage(let kind, let file, let pem):
            stage(MaterialFile.Kind(kind), file, pem, inquiry: inquiries.open([], finish: finish))
            return nil
        case .commit(let kind, _):
            let staged: StagedMaterial
            switch committable(MaterialFile.Kind(kind)) {
            case .success(let found): staged = found
            case .failure(let refusal): return .outcome(.refused(refusal.text))
            }
            commit(staged, inquiry: inquiries.open([], finish: finish))
            return nil
        case .reload:
            guard !isDraining else { return .outcome(.refused("This instance is draining.")) }
            reload(isAutomatic: false, inquiry: inquiries.open([], finish: finish))
            return nil
        }
    }

    private func ask(_ asked: Set<Int>, _ query: SessionQuery, _ finish: @escaping (AdminFinding) -> Void) -> AdminFinding? {
        guard !asked.isEmpty else { return .sessions(SessionList()) }
        let number = inquiries.open(asked, finish: finish)
        for worker in asked {
            workers[worker].mailbox.post(
                .sessions(query) { [mailbox = loop.mailbox] in mailbox.post(.sessions(inquiry: number, worker: worker, $0)) })
        }
        return nil
    }
}
