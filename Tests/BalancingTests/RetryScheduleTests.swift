import Model
import Testing

@testable import Balancing

@Suite struct RetryScheduleTests {
    private static func key(_ number: Int) -> [UInt8] { Array("agent\(number).example".utf8) }
    private static func time(_ seconds: Double) -> MonotonicTime { .zero + .seconds(100 + seconds) }

    /// How many retry in each whole second.
    private static func bySecond(_ times: [Double]) -> [Int] {
        var counts = [Int](repeating: 0, count: 2000)
        for time in times { counts[Int(time)] += 1 }
        return counts
    }

    @Test func aHerdComesBackAtTheCapacity() {
        var schedule = RetrySchedule()
        let delays = (0..<5000).map { schedule.retryAfter(Self.key($0), perSecond: 30, waiting: 0, now: Self.time(0)) }
        #expect(Self.bySecond(delays.map(Double.init)).max() == 30)
        #expect(delays.max() == (5000 + 29) / 30)
        #expect(delays == delays.sorted())
    }

    @Test func aHerdThatComesOverTwentySecondsComesBackAtTheCapacity() {
        var schedule = RetrySchedule()
        let times = (0..<5000).map { number in
            let now = Double(number) * 0.004
            return now + Double(schedule.retryAfter(Self.key(number), perSecond: 30, waiting: 0, now: Self.time(now)))
        }
        // Whole seconds from different moments: a second may get some of its neighbour's.
        #expect((Self.bySecond(times).max() ?? 0) <= 36)
        #expect((times.max() ?? 0) < 5000 / 30 + 2)
    }

    @Test func theyComeAfterQueuedRequests() {
        var schedule = RetrySchedule()
        #expect(schedule.retryAfter(Self.key(1), perSecond: 10, waiting: 200, now: Self.time(0)) == 21)
        #expect(schedule.retryAfter(Self.key(2), perSecond: 10, waiting: 199, now: Self.time(0)) == 21)
        #expect(schedule.retryAfter(Self.key(3), perSecond: 10, waiting: 208, now: Self.time(0)) == 22)
    }

    @Test func anEarlyRetryGetsTheSameTime() {
        var schedule = RetrySchedule()
        for number in 0..<100 { _ = schedule.retryAfter(Self.key(number), perSecond: 10, waiting: 0, now: Self.time(0)) }
        // The hundredth's time is the tenth second, however capacity and queue have changed.
        #expect(schedule.retryAfter(Self.key(99), perSecond: 10, waiting: 0, now: Self.time(3)) == 7)
        #expect(schedule.retryAfter(Self.key(99), perSecond: 1, waiting: 1000, now: Self.time(9.5)) == 1)
        for _ in 0..<1000 { _ = schedule.retryAfter(Self.key(99), perSecond: 10, waiting: 0, now: Self.time(0)) }
        #expect(schedule.retryAfter(Self.key(100), perSecond: 10, waiting: 0, now: Self.time(0)) == 11, "asking makes no line longer")
    }

    @Test func aRetryInTimeGetsANewTime() {
        var schedule = RetrySchedule()
        #expect(schedule.retryAfter(Self.key(1), perSecond: 0.5, waiting: 0, now: Self.time(0)) == 2)
        #expect(schedule.retryAfter(Self.key(1), perSecond: 0.5, waiting: 4, now: Self.time(2)) == 10)
    }

    @Test func theLineMovesAtTheCapacityInForce() {
        var schedule = RetrySchedule()
        for number in 0..<100 { _ = schedule.retryAfter(Self.key(number), perSecond: 1, waiting: 0, now: Self.time(0)) }
        #expect(schedule.retryAfter(Self.key(100), perSecond: 10, waiting: 0, now: Self.time(0)) == 11)
        #expect(schedule.retryAfter(Self.key(101), perSecond: 10, waiting: 0, now: Self.time(100)) == 1)
    }

    @Test(arguments: [0, -1, 0.0001, .nan])
    func anUnknownCapacitySpreadsByTheKeyAlone(_ perSecond: Double) {
        var (one, other) = (RetrySchedule(), RetrySchedule())
        let delays = (0..<5000).map { one.retryAfter(Self.key($0), perSecond: perSecond, waiting: 0, now: Self.time(0)) }
        let reversed = (0..<5000).reversed().map { other.retryAfter(Self.key($0), perSecond: perSecond, waiting: 9, now: Self.time(7)) }
        #expect(delays == reversed.reversed())
        #expect(delays.allSatisfy(RetrySchedule.unmeasured.contains))
        // 18.5 in a second on average.
        #expect((Self.bySecond(delays.map(Double.init)).max() ?? 0) < 45)
    }

    @Test func noRetryIsLaterThanAgentsWait() {
        var schedule = RetrySchedule()
        let delays = (0..<5000).map { schedule.retryAfter(Self.key($0), perSecond: 1, waiting: 100, now: Self.time(0)) }
        #expect(delays.max() == RetrySchedule.longest)
        #expect(delays.prefix(1700) == Array(101...1800)[...])
        // 3300 over the last 901 seconds, besides one of the line in each.
        #expect(delays.dropFirst(1700).allSatisfy { (900...1800).contains($0) })
        #expect((Self.bySecond(delays.map(Double.init)).max() ?? 0) < 20)
        #expect(schedule.retryAfter(Self.key(9999), perSecond: .infinity, waiting: .max, now: Self.time(0)) == 1)
        #expect((900...1800).contains(schedule.retryAfter(Self.key(9998), perSecond: 1, waiting: .max, now: Self.time(0))))
    }

    @Test func onlySoManyPlacesAreRemembered() {
        var schedule = RetrySchedule(remembering: 10)
        for number in 0..<20 { _ = schedule.retryAfter(Self.key(number), perSecond: 1, waiting: 0, now: Self.time(0)) }
        #expect(schedule.retryAfter(Self.key(19), perSecond: 1, waiting: 0, now: Self.time(0)) == 20)
        #expect(schedule.retryAfter(Self.key(10), perSecond: 1, waiting: 0, now: Self.time(0)) == 11)
        #expect(schedule.rememberedCount == 10)
        #expect(schedule.retryAfter(Self.key(9), perSecond: 1, waiting: 0, now: Self.time(0)) == 21, "forgotten: at the line's end")
        #expect(schedule.retryAfter(Self.key(10), perSecond: 1, waiting: 0, now: Self.time(0)) == 22, "the oldest went for it")
        #expect(schedule.rememberedCount == 10)
    }
}
