import Foundation
import Synchronization

/// Runs `body` for every item on `width` threads of their own, as it may block, and gives the values in the items' order.
package func inParallel<Item: Sendable, Value: Sendable>(
    _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) -> Value
) -> [Value] {
    let work = Work<Value>(count: items.count)
    for _ in 0..<width {
        work.running.enter()
        Thread {
            while let number = work.take() { work.put(body(items[number]), at: number) }
            work.running.leave()
        }.start()
    }
    work.running.wait()
    return work.values
}

/// What the threads of one call share.
private final class Work<Value: Sendable>: Sendable {
    let running = DispatchGroup()
    private let count: Int
    private let taken = Atomic(0)
    private let kept: Mutex<[Int: Value]> = Mutex([:])

    init(count: Int) { self.count = count }

    /// nil: nothing is left.
    func take() -> Int? {
        let number = taken.add(1, ordering: .relaxed).oldValue
        return number < count ? number : nil
    }

    func put(_ value: Value, at number: Int) { kept.withLock { $0[number] = value } }

    var values: [Value] {
        kept.withLock { kept in (0..<count).compactMap { kept[$0] } }
    }
}
