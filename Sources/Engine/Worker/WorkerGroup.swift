import AccessLogging
import CLinux
import Logging
import Network
import Synchronization
import Telemetry

/// All workers, as the control loop sees them: started together, addressed through their mailboxes, joined at the end.
final class WorkerGroup {
    let counters = ProcessCounters()
    /// For pools, which send queue outcomes to the worker that owns a ticket.
    let directory = WorkerDirectory()
    private var workers: [WorkerHandle] = []
    /// By number.
    private var running: Set<Int> = []

    /// - Parameter ended: called on a worker's thread when it has ended
    func start(
        _ count: Int, _ snapshot: Snapshot, access: AccessLogWriter, log: Logger, ended: @escaping @Sendable (Int) -> Void
    ) throws(SystemError) {
        counters.workers.store(count, ordering: .relaxed)
        let prefix = Self.requestPrefix()
        for number in 0..<count {
            let worker = try WorkerHandle(
                number: number, snapshot: snapshot, counters: counters, access: access, log: log,
                requestPrefix: prefix + Self.hexadecimal(UInt8(truncatingIfNeeded: number)), ended: { ended(number) })
            workers.append(worker)
            directory.add(worker.mailbox)
        }
        running = Set(0..<count)
    }

    var count: Int { workers.count }
    var runningNumbers: Set<Int> { running }
    var isEmpty: Bool { running.isEmpty }

    func post(_ message: WorkerMessage) { for worker in workers { worker.mailbox.post(message) } }
    func post(_ message: WorkerMessage, to number: Int) { workers[number].mailbox.post(message) }

    func workerEnded(_ number: Int) { running.remove(number) }
    func join() { for worker in workers { worker.join() } }

    /// The sum of all workers' tallies.
    func tally() -> Tally {
        var sum = Tally()
        for worker in workers { sum += worker.tally.copy }
        return sum
    }

    /// By pool, of all workers.
    func activities() -> [String: PoolActivity] {
        workers.reduce(into: [:]) { sum, worker in
            sum.merge(worker.tally.withLock { $0.activities }) { left, right in
                var both = left
                both += right
                return both
            }
        }
    }

    /// What an agent's last runs left at each worker.
    func runEvents(of certname: [UInt8]) -> [RunEvents.Event] {
        workers.flatMap { $0.tally.withLock { $0.certnames.runs[certname]?.events.events ?? [] } }
    }

    /// - Parameter all: also the counters; else the maxima alone
    func clearTallies(all: Bool) {
        for worker in workers { worker.tally.withLock { all ? $0.clear() : $0.clearMaxima() } }
    }

    /// Six random hexadecimal digits: request IDs of two processes differ.
    private static func requestPrefix() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 3)
        _ = getrandom(&bytes, 3, 0)
        return bytes.flatMap(hexadecimal)
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] { [hex(byte >> 4), hex(byte & 15)] }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
