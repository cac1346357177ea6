/// A Puppet Server: so many JRubies, and a queue in front of them, as Jetty's.
struct CompileServer {
    let site: Int
    var isUp = true
    /// Requests that a proxy has sent and that have not ended.
    private(set) var requests = 0
    private(set) var mostRequests = 0
    private let jrubies: Int
    private var running = 0
    private var queued: [Int32] = []
    private var first = 0
    private(set) var busySeconds = 0.0

    init(site: Int, jrubies: Int) {
        self.site = site
        self.jrubies = jrubies
    }

    /// Whether the request begins at once.
    mutating func arrive(_ agent: Int32) -> Bool {
        requests += 1
        mostRequests = max(mostRequests, requests)
        guard running < jrubies else {
            queued.append(agent)
            return false
        }
        running += 1
        return true
    }

    /// A request has ended; the one that begins now.
    mutating func end(seconds: Double) -> Int32? {
        requests -= 1
        busySeconds += seconds
        guard first < queued.count else {
            running -= 1
            return nil
        }
        first += 1
        let next = queued[first - 1]
        if first > 1024 {
            queued.removeFirst(first)
            first = 0
        }
        return next
    }

    /// The process dies: all requests end, and those that were queued are named.
    mutating func die() -> [Int32] {
        isUp = false
        let lost = Array(queued[first...])
        (queued, first) = ([], 0)
        requests -= lost.count
        return lost
    }
}
