import Network
import Synchronization

/// The workers' mailboxes by number, for all senders.
final class WorkerDirectory: Sendable {
    private let mailboxes = Mutex<[Mailbox<WorkerMessage>]>([])

    func add(_ mailbox: Mailbox<WorkerMessage>) { mailboxes.withLock { $0.append(mailbox) } }

    func post(_ message: WorkerMessage, to worker: UInt16) {
        let mailbox = mailboxes.withLock { Int(worker) < $0.count ? $0[Int(worker)] : nil }
        mailbox?.post(message)
    }
}
