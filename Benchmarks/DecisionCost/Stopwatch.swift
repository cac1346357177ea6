import AllocationCount
import Glibc

/// The CPU time that decisions take, in batches that are made again and again. Of each batch the least time counts: other work on the
/// machine only adds. Counts calls of the allocator too.
struct Stopwatch {
    private(set) var allocations = 0
    private var least: [Int]

    init(batches: Int) { least = Array(repeating: .max, count: batches) }

    /// Of one batch on average.
    var nanoseconds: Double { Double(least.reduce(0, +)) / Double(least.count) }

    mutating func time(_ batch: Int, _ work: () -> Void) {
        let allocated = pf_allocation_count()
        let started = Stopwatch.now()
        work()
        least[batch] = min(least[batch], Stopwatch.now() - started)
        allocations += Int(pf_allocation_count() - allocated)
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
