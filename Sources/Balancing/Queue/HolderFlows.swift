/// Which of a line's requests is the first whose holder has not its whole share?
///
/// A flow holds the requests of one holder in one line, by their order. It is ready while the holder may take another slot; each line has a
/// heap of its ready flows by their first request, so that the requests of a holder over its share delay no others, and are not looked at.
/// A change of a holder costs O(log n) for each of its flows, which are no more than there are lines.
/// Invariants: a flow is not empty; a ready one is in its line's heap; a group's count is that of its ready flows' requests.
struct HolderFlows: Sendable {
    private struct Flow: Sendable {
        let line: Int
        let group: Int
        let holder: SlotHolder?
        var isReady: Bool
        var first = -1
        var last = -1
        var count = 0
    }

    private struct FlowKey: Sendable, Hashable {
        let line: Int
        let holder: SlotHolder?
    }

    /// Of a request, by its place among the queue's entries.
    private struct Link: Sendable {
        var flow = -1
        var order: UInt64 = 0
        var previous = -1
        var next = -1
    }

    private var flows: [Flow] = []
    private var freeFlows: [Int] = []
    private var known: [FlowKey: Int] = [:]
    private var ofHolder: [SlotHolder: [Int]] = [:]
    private var links: [Link] = []
    /// By line.
    private var heaps: [RankHeap] = []
    /// By flow: where it is in its line's heap.
    private var positions: [Int] = []
    private var ready: [Int]

    /// - Parameter groups: how many sums of ready requests are kept
    init(groups: Int) { ready = [Int](repeating: 0, count: groups) }

    /// The entry's place of the first request of a ready flow; nil: none is ready.
    func first(line: Int) -> Int? {
        guard line < heaps.count, let flow = heaps[line].entries.first?.place else { return nil }
        return flows[flow].first
    }

    func readyCount(group: Int) -> Int { ready[group] }

    func isReady(_ place: Int) -> Bool { flows[links[place].flow].isReady }

    // MARK: Requests

    /// - Parameters:
    ///   - place: of the queue's entry
    ///   - group: of the line
    ///   - isReady: counts for a new flow
    mutating func insert(_ place: Int, line: Int, group: Int, holder: SlotHolder?, order: UInt64, isReady: Bool) {
        let flow = flow(FlowKey(line: line, holder: holder), group, isReady: isReady)
        while links.count <= place { links.append(Link()) }
        var before = flows[flow].last
        while before >= 0, links[before].order > order { before = links[before].previous }
        let next = before >= 0 ? links[before].next : flows[flow].first
        links[place] = Link(flow: flow, order: order, previous: before, next: next)
        if before >= 0 { links[before].next = place } else { flows[flow].first = place }
        if next >= 0 { links[next].previous = place } else { flows[flow].last = place }
        flows[flow].count += 1
        guard flows[flow].isReady else { return }
        ready[group] += 1
        if before < 0 { rank(flow) }
    }

    mutating func remove(_ place: Int) {
        let link = links[place]
        let flow = link.flow
        if link.previous >= 0 { links[link.previous].next = link.next } else { flows[flow].first = link.next }
        if link.next >= 0 { links[link.next].previous = link.previous } else { flows[flow].last = link.previous }
        flows[flow].count -= 1
        if flows[flow].isReady { ready[flows[flow].group] -= 1 }
        if flows[flow].count == 0 { retire(flow) } else if flows[flow].isReady, link.previous < 0 { rank(flow) }
    }

    // MARK: Holders

    /// The holder may take another slot now, or may not. False where none of its requests is queued.
    @discardableResult mutating func setReady(_ holder: SlotHolder, _ isReady: Bool) -> Bool {
        guard let mine = ofHolder[holder] else { return false }
        for flow in mine { setReady(flow: flow, isReady) }
        return true
    }

    /// After the share itself has changed.
    mutating func review(isFull: (SlotHolder) -> Bool) {
        for (holder, mine) in ofHolder {
            let isReady = !isFull(holder)
            for flow in mine { setReady(flow: flow, isReady) }
        }
    }

    private mutating func setReady(flow: Int, _ isReady: Bool) {
        guard flows[flow].isReady != isReady else { return }
        flows[flow].isReady = isReady
        ready[flows[flow].group] += isReady ? flows[flow].count : -flows[flow].count
        if isReady { rank(flow) } else { heaps[flows[flow].line].remove(flow, &positions) }
    }

    // MARK: Flows

    private mutating func flow(_ key: FlowKey, _ group: Int, isReady: Bool) -> Int {
        if let flow = known[key] { return flow }
        let new = Flow(line: key.line, group: group, holder: key.holder, isReady: isReady)
        let flow: Int
        if let free = freeFlows.popLast() {
            flow = free
            flows[flow] = new
        } else {
            flow = flows.count
            flows.append(new)
            positions.append(-1)
        }
        while heaps.count <= key.line { heaps.append(RankHeap()) }
        known[key] = flow
        if let holder = key.holder { ofHolder[holder, default: []].append(flow) }
        return flow
    }

    private mutating func retire(_ flow: Int) {
        let (line, holder) = (flows[flow].line, flows[flow].holder)
        heaps[line].remove(flow, &positions)
        known[FlowKey(line: line, holder: holder)] = nil
        freeFlows.append(flow)
        guard let holder, var mine = ofHolder[holder] else { return }
        mine.removeAll { $0 == flow }
        ofHolder[holder] = mine.isEmpty ? nil : mine
    }

    private mutating func rank(_ flow: Int) {
        let entry = RankHeap.Entry(key: links[flows[flow].first].order, tie: 0, place: flow)
        heaps[flows[flow].line].set(entry, &positions)
    }
}
