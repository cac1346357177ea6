import Model

/// A queue for one of a number of slots: which element is next? Fair among sources, in order within each.
///
/// The source that holds fewest slots is next; among equals the one that was served longest ago. A source's first slot needs a free one.
/// Each further one must leave at least a third as many free as the source then holds, so that one source has at most three quarters of the
/// slots, n heavy ones share the rest in the same way, and a source without any gets a slot at once (dynamic thresholds, Choudhury and
/// Hahne 1998). Removing costs the length of a source's queue, which its owner bounds.
struct FairQueue<Element: AnyObject> {
    var places: Int
    private(set) var taken = 0
    private(set) var count = 0
    /// Places held, by source.
    private var holders: [IPAddress: Int] = [:]
    private var lines: [IPAddress: [Element]] = [:]
    /// The sources in `lines`; the one that was served longest ago first.
    private var turns: [IPAddress] = []

    init(places: Int) { self.places = places }

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { taken >= places }

    /// Whether a new element need not wait: the queue is empty, and there is a slot for its source.
    func admits(_ source: IPAddress) -> Bool { isEmpty && mayTake(source) }

    private func mayTake(_ source: IPAddress) -> Bool {
        let (held, free) = (holders[source] ?? 0, places - taken)
        return held == 0 ? free > 0 : held < 3 * (free - 1)
    }

    // MARK: Places

    /// Also where there is no place left.
    mutating func take(_ source: IPAddress) {
        taken += 1
        holders[source, default: 0] += 1
    }

    mutating func release(_ source: IPAddress) {
        taken -= 1
        let left = (holders[source] ?? 1) - 1
        holders[source] = left > 0 ? left : nil
    }

    // MARK: Waiting

    func waiting(_ source: IPAddress) -> Int { lines[source]?.count ?? 0 }

    mutating func append(_ element: Element, from source: IPAddress) {
        count += 1
        if lines[source] == nil { turns.append(source) }
        lines[source, default: []].append(element)
    }

    mutating func remove(_ element: Element, from source: IPAddress) {
        guard let index = lines[source]?.firstIndex(where: { $0 === element }) else { return }
        _ = remove(at: index, from: source)
    }

    /// Takes out the one whose turn it is; nil where there is no place for any. A place is taken by `take` alone.
    mutating func next() -> Element? {
        guard !isFull else { return nil }
        var best: IPAddress?
        var fewest = Int.max
        // Sources that hold a place are fewer than places, so this ends soon.
        for source in turns {
            let held = holders[source] ?? 0
            guard held < fewest, mayTake(source) else { continue }
            best = source
            fewest = held
            if held == 0 { break }
        }
        guard let best else { return nil }
        let element = remove(at: 0, from: best)
        if let index = turns.firstIndex(of: best) { turns.append(turns.remove(at: index)) }
        return element
    }

    /// The newest of the longest line, where that is longer than the line of `source`.
    func newest(ofLineLongerThan source: IPAddress) -> Element? {
        guard count > turns.count, let longest = lines.values.max(by: { $0.count < $1.count }) else { return nil }
        return longest.count > waiting(source) ? longest.last : nil
    }

    private mutating func remove(at index: Int, from source: IPAddress) -> Element? {
        let element = lines[source]?.remove(at: index)
        count -= 1
        if lines[source]?.isEmpty == true {
            lines[source] = nil
            turns.removeAll { $0 == source }
        }
        return element
    }
}
