import AccessLogging
import Logging
import Model
import Network

/// A worker from outside: its thread and its mailbox.
final class WorkerHandle: Sendable {
    let mailbox: Mailbox<WorkerMessage>
    let tally = SharedTally()
    private let thread: NamedThread

    /// Makes the worker on its own thread, so that nothing of it is ever touched from another.
    init(
        number: Int, snapshot: Snapshot, counters: ProcessCounters, access: AccessLogWriter, log: Logger, requestPrefix: [UInt8],
        ended: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let mailbox = try Mailbox<WorkerMessage>()
        self.mailbox = mailbox
        let tally = tally
        thread = try NamedThread(name: "worker-\(number)") {
            do throws(SystemError) {
                let worker = try Worker(
                    number: UInt16(number), mailbox: mailbox, snapshot: snapshot, counters: counters, access: access, tally: tally,
                    log: log, requestPrefix: requestPrefix)
                worker.loop.run()
                worker.ended()
            } catch {
                log.critical("worker cannot start", metadata: ["reason": "\(error.description)"])
            }
            ended()
        }
    }

    func join() { thread.join() }
}
