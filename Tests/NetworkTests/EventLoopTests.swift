import Network
import Testing

@Suite struct EventLoopTests {
    final class Alarm: EventTarget {
        var fired = 0
        var onFire: () -> Void = {}
        override func deadlinePassed() {
            fired += 1
            onFire()
        }
    }

    @Test func messagesArriveInOrderAndStopEndsTheLoop() throws {
        let loop = try EventLoop<Int>()
        var received: [Int] = []
        loop.onMessage = { [unowned loop] in
            received.append($0)
            if $0 == 3 { loop.stop() }
        }
        for number in 1...3 { loop.mailbox.post(number) }
        loop.run()
        #expect(received == [1, 2, 3])
    }

    @Test func aDeadlineThatMovesAwayFiresLater() throws {
        let loop = try EventLoop<Int>()
        let alarm = Alarm()
        try loop.add(alarm, descriptor: nil)
        let start = MonotonicClock.nanoseconds()
        loop.setDeadline(alarm, start + 20_000_000)
        loop.setDeadline(alarm, start + 120_000_000)
        alarm.onFire = { loop.stop() }
        loop.run()
        #expect(alarm.fired == 1)
        #expect(MonotonicClock.nanoseconds() - start >= 120_000_000)
    }

    @Test func aDeadlineThatComesNearerFiresSooner() throws {
        let loop = try EventLoop<Int>()
        let alarm = Alarm()
        let last = Alarm()
        try loop.add(alarm, descriptor: nil)
        try loop.add(last, descriptor: nil)
        let start = MonotonicClock.nanoseconds()
        loop.setDeadline(alarm, start + 60_000_000_000)
        loop.setDeadline(alarm, start + 30_000_000)
        loop.setDeadline(last, start + 2_000_000_000)
        last.onFire = { loop.stop() }
        alarm.onFire = { loop.stop() }
        loop.run()
        #expect(alarm.fired == 1)
        #expect(last.fired == 0)
    }

    @Test func aRemovedTargetIsNotCalled() throws {
        let loop = try EventLoop<Int>()
        let gone = Alarm()
        let last = Alarm()
        try loop.add(gone, descriptor: nil)
        try loop.add(last, descriptor: nil)
        let start = MonotonicClock.nanoseconds()
        loop.setDeadline(gone, start + 10_000_000)
        loop.setDeadline(last, start + 60_000_000)
        loop.remove(gone)
        last.onFire = { loop.stop() }
        loop.run()
        #expect(gone.fired == 0)
        #expect(last.fired == 1)
    }
}
