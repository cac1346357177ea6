/// What happens when, in simulated seconds: a binary heap. Events of one time come in the order in which they were added.
struct EventQueue {
    enum Event {
        /// An agent begins a run.
        case begin(agent: Int32)
        /// An agent's next request is at its site's instance.
        case ask(agent: Int32)
        /// A request of an agent is at another site's instance.
        case cross(agent: Int32)
        /// A request is at its server.
        case arrive(agent: Int32)
        /// A server is done with a request.
        case done(agent: Int32)
        /// A response is back at the agent's instance.
        case back(agent: Int32)
        case tick
        /// A site's servers die, or are back.
        case site(Int32, isUp: Bool)
    }

    private var heap: [(time: Double, order: UInt64, event: Event)] = []
    private var added: UInt64 = 0

    mutating func add(_ event: Event, at time: Double) {
        added += 1
        heap.append((time, added, event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Double, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) { least = child }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return (first.time, first.event)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
