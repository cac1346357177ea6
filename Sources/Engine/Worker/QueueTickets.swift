import Model
import Settings

/// Which exchange waits for which ticket of a pool's queue? One worker's.
struct QueueTickets {
    private let worker: UInt16
    private let counters: ProcessCounters
    private var nextSerial: UInt64 = 0
    private var waiting: [UInt64: ExchangeDriver] = [:]

    init(worker: UInt16, counters: ProcessCounters) {
        self.worker = worker
        self.counters = counters
    }

    mutating func next() -> Ticket {
        nextSerial += 1
        return Ticket(worker: worker, serial: nextSerial)
    }

    /// `exchange` waits until the queue has replied or the ticket is cancelled; as long it counts for `limits.queue`.
    mutating func wait(_ exchange: ExchangeDriver, serial: UInt64) {
        counters.waiting.add(1, ordering: .relaxed)
        waiting[serial] = exchange
    }

    /// The exchange that waited; nil where its ticket has been cancelled.
    mutating func end(_ serial: UInt64) -> ExchangeDriver? {
        guard let exchange = waiting.removeValue(forKey: serial) else { return nil }
        counters.waiting.subtract(1, ordering: .relaxed)
        return exchange
    }

    func ticket(_ serial: UInt64) -> Ticket { Ticket(worker: worker, serial: serial) }
}
