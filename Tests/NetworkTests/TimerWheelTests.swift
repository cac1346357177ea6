import Network
import Testing

@Suite struct TimerWheelTests {
    let millisecond: Int64 = 1_000_000

    func due(_ wheel: inout TimerWheel, at now: Int64) -> [UInt64] {
        var tokens: [UInt64] = []
        wheel.advance(to: now) { _, token in tokens.append(token) }
        return tokens.sorted()
    }

    @Test func entriesComeUpAfterTheirTimeAndNotBefore() {
        var wheel = TimerWheel(now: 0)
        _ = wheel.insert(7, at: 100 * millisecond)
        #expect(due(&wheel, at: 99 * millisecond).isEmpty)
        #expect(due(&wheel, at: 140 * millisecond) == [7])
        #expect(due(&wheel, at: 10_000 * millisecond).isEmpty)
    }

    @Test func whatIsFarIsLookedAtOnceATurn() {
        var wheel = TimerWheel(now: 0)
        let first = wheel.insert(1, at: 1_000_000 * millisecond)
        #expect(first <= 66_000 * millisecond)
        #expect(due(&wheel, at: first) == [1])
    }

    @Test func thePastComesUpAtOnce() {
        var wheel = TimerWheel(now: 5000 * millisecond)
        _ = wheel.insert(3, at: 0)
        #expect(due(&wheel, at: 5040 * millisecond) == [3])
    }

    @Test func aLongSleepLosesNothing() {
        var wheel = TimerWheel(now: 0)
        for token in UInt64(1)...500 { _ = wheel.insert(token, at: Int64(token) * 130 * millisecond) }
        #expect(due(&wheel, at: 1_000_000 * millisecond).count == 500)
    }

    /// A busy loop comes late, and puts back what is not due yet.
    @Test(arguments: [Int64(0), 16, 32, 48, 500, 70_000])
    func whatIsPutBackComesUpATurnLater(_ delay: Int64) {
        var wheel = TimerWheel(now: 0)
        let first = wheel.insert(1, at: 1000 * millisecond)
        let now = first + delay * millisecond
        var next: [Int64] = []
        wheel.advance(to: now) { wheel, token in next.append(wheel.insert(token, at: 1_000_000 * millisecond)) }
        #expect(next.count == 1)
        #expect(due(&wheel, at: next[0] - millisecond).isEmpty)
        #expect(due(&wheel, at: next[0]) == [1])
    }

    @Test func theWaitEndsWithTheNextEntry() {
        var wheel = TimerWheel(now: 0)
        #expect(wheel.millisecondsToNext(from: 0) == -1)
        _ = wheel.insert(1, at: 1000 * millisecond)
        let wait = Int64(wheel.millisecondsToNext(from: 0))
        #expect(wait >= 1000 && wait <= 1040)
        #expect(due(&wheel, at: wait * millisecond) == [1])
        #expect(wheel.millisecondsToNext(from: wait * millisecond) == -1)
    }

    /// Against a naive model: every token comes up exactly once, never early, at most two slots late.
    @Test(arguments: UInt64(1)...20)
    func everyEntryComesUpOnceInTime(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: Int64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 33) % bound
        }
        var wheel = TimerWheel(now: 0)
        var open: [UInt64: Int64] = [:]
        var now: Int64 = 0
        for token in UInt64(1)...2000 {
            let deadline = now + random(60_000) * millisecond
            open[token] = deadline
            _ = wheel.insert(token, at: deadline)
            now += random(100) * millisecond
            wheel.advance(to: now) { _, token in
                guard let deadline = open.removeValue(forKey: token) else { return #expect(Bool(false), "twice: \(token)") }
                #expect(deadline <= now)
            }
            #expect(open.values.allSatisfy { $0 > now - 32 * millisecond })
        }
    }
}
