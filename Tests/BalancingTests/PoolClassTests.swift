import Balancing
import Model
import Settings
import Testing

/// Classes that wait share the slots by time: none starves, and within one it is first come first served.
struct PoolClassTests {
    /// A server of `slots` where each class has so many requests waiting at all times; how long each class's requests held slots, in
    /// seconds, when `count` of them have ended.
    private func share(slots: Int, times: [QueueClass: Duration], ending count: Int) -> [QueueClass: Double] {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: slots)))
        var serial: UInt64 = 0
        func submit(_ queueClass: QueueClass) {
            _ = script.submit(serial, queueClass)
            serial += 1
        }
        for queueClass in times.keys.sorted(by: { $0.rawValue < $1.rawValue }) { for _ in 0..<slots * 2 { submit(queueClass) } }
        var used: [QueueClass: Double] = [:]
        for _ in 0..<count {
            let next = script.held.indices.min { end(script.held[$0], times) < end(script.held[$1], times) }!
            let ended = script.held[next]
            script.now = end(ended, times)
            script.held.remove(at: next)
            script.handle(.release(ended, .served))
            used[ended.queueClass, default: 0] += Double(times[ended.queueClass]!.inMilliseconds) / 1000
            submit(ended.queueClass)
        }
        return used
    }

    private func end(_ assignment: Assignment, _ times: [QueueClass: Duration]) -> MonotonicTime {
        assignment.began + times[assignment.queueClass]!
    }

    @Test func filesDoNotStarveAfterCatalogs() {
        let used = share(slots: 4, times: [.quick: .milliseconds(20), .compile: .seconds(2)], ending: 3000)
        let quick = used[.quick, default: 0] / (used[.quick, default: 0] + used[.compile, default: 0])
        #expect((0.4...0.6).contains(quick), "\(used)")
    }

    @Test func catalogsDoNotStarveAfterFiles() {
        // Slow files and fast catalogs: the other way round.
        let used = share(slots: 4, times: [.quick: .seconds(3), .compile: .milliseconds(50)], ending: 3000)
        let compile = used[.compile, default: 0] / (used[.quick, default: 0] + used[.compile, default: 0])
        #expect((0.4...0.6).contains(compile), "\(used)")
    }

    @Test func threeClassesGetAThirdEach() {
        let used = share(slots: 6, times: [.authority: .milliseconds(5), .quick: .milliseconds(30), .compile: .seconds(1)], ending: 6000)
        let all = used.values.reduce(0, +)
        for queueClass in QueueClass.allCases {
            #expect((0.23...0.45).contains(used[queueClass, default: 0] / all), "\(queueClass): \(used)")
        }
    }

    @Test func aClassAloneGetsEverything() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        #expect((0..<4).map { script.submit($0, .compile) } == ["a", "queued", "queued", "queued"])
        #expect((0..<3).map { _ in script.release("a") } == [["1 to a"], ["2 to a"], ["3 to a"]])
    }

    @Test func aClassThatWasAwayHasNothingSavedUp() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        #expect(script.submit(0, .quick) == "a")
        // Catalogs wait for a long while, alone.
        for serial in UInt64(1)...50 {
            _ = script.submit(serial, .compile)
            script.wait(.seconds(2))
            _ = script.release("a")
        }
        for serial in UInt64(100)..<110 { _ = script.submit(serial, .compile) }
        for serial in UInt64(200)..<400 { _ = script.submit(serial, .quick) }
        var served: [QueueClass] = []
        for _ in 0..<150 {
            let held = script.held[0].queueClass
            served.append(held)
            script.wait(held == .compile ? .seconds(2) : .milliseconds(50))
            _ = script.release("a")
        }
        #expect(served.prefix(5).contains(.quick))
        #expect(served.dropFirst(1).contains(.compile), "what they took alone is not held against them")
    }

    @Test func useBeforeTheQueueEmptiedIsForgotten() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        #expect(script.submit(0, .compile) == "a")
        for serial in UInt64(1)...50 {
            _ = script.submit(serial, .compile)
            script.wait(.seconds(2))
            _ = script.release("a")
        }
        _ = script.release("a")
        // The next herd begins with files.
        for serial in UInt64(100)..<500 { _ = script.submit(serial, .quick) }
        for serial in UInt64(500)..<510 { _ = script.submit(serial, .compile) }
        var served: [QueueClass] = []
        for _ in 0..<100 {
            served.append(script.held[0].queueClass)
            script.wait(script.held[0].queueClass == .compile ? .seconds(2) : .milliseconds(50))
            _ = script.release("a")
        }
        #expect(served.contains(.compile), "catalogs starve until files have taken as much")
    }

    @Test func withinAClassTheFirstIsServedFirst() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        for serial in UInt64(0)..<13 { _ = script.submit(serial, QueueClass.allCases[Int(serial * 7 % 3)]) }
        var served: [QueueClass: [UInt64]] = [:]
        for _ in 0..<12 {
            let line = script.release("a")[0]
            served[script.held[0].queueClass, default: []].append(UInt64(line.prefix { $0 != " " })!)
        }
        #expect(served.values.allSatisfy { $0 == $0.sorted() })
        #expect(served.values.reduce(0) { $0 + $1.count } == 12)
    }

    @Test func thePoolReportsHowManyOfAClassAreQueued() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        #expect(script.submit(0) == "a")
        _ = script.submit(1, .compile)
        _ = script.submit(2, .compile)
        _ = script.submit(3, .authority)
        #expect(QueueClass.allCases.map { script.pool.queued($0) } == [1, 0, 2])
    }
}

extension PoolScript {
    fileprivate mutating func submit(_ serial: UInt64, _ queueClass: QueueClass) -> String {
        submit(PoolRequest(ticket: Ticket(worker: 0, serial: serial), queueClass: queueClass))
    }
}
