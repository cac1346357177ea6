/// What an operator names a connection by: its worker, and a count of that worker's.
struct SessionNumber: Equatable {
    let value: UInt64

    init(worker: UInt16, count: UInt64) { value = (UInt64(worker) + 1) << 40 | count & (1 << 40 - 1) }

    /// nil: no worker gives such numbers.
    static func worker(of value: UInt64) -> Int? { value >> 40 > 0 ? Int(value >> 40) - 1 : nil }
}
