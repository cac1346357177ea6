import Telemetry
import Testing

struct RateCounterTests {
    private func counter(_ moments: Int64...) -> RateCounter {
        var counter = RateCounter()
        for moment in moments { counter.add(at: moment) }
        return counter
    }

    @Test func itTellsOfTheLastWholeSecond() {
        let counter = counter(100, 100, 100, 101)
        #expect(counter.rate(now: 101) == 3 && counter.rate(now: 102) == 1 && counter.rate(now: 103) == 0)
        #expect(counter.maximum == 3)
    }

    @Test func secondsWithoutAnyCount() {
        #expect(counter(100, 102).rate(now: 102) == 0)
        #expect(RateCounter().rate(now: 100) == 0 && RateCounter().maximum == 0)
    }

    @Test func whatEndsALittleLateCountsWhereItBelongs() {
        let counter = counter(100, 101, 100)
        #expect(counter.rate(now: 101) == 2 && counter.rate(now: 102) == 1)
    }

    @Test func aClockThatIsSetBackBeginsAnew() {
        let counter = counter(100, 100, 7)
        #expect(counter.rate(now: 8) == 1 && counter.rate(now: 7) == 0 && counter.maximum == 2)
    }

    @Test(
        arguments: [([100, 100, 101], [101, 101]), ([101, 101], [100, 100, 101]), ([100, 100], [101, 101, 101])] as [([Int64], [Int64])])
    func workersAreAddedUpSecondBySecond(_ one: [Int64], _ two: [Int64]) {
        var sum = RateCounter()
        var other = RateCounter()
        for moment in one { sum.add(at: moment) }
        for moment in two { other.add(at: moment) }
        sum += other
        #expect(sum.rate(now: 101) == 2 && sum.rate(now: 102) == 3)
    }

    @Test func maximaAreForgottenEverywhere() {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("agents".utf8))
        (record.pool, record.server) = (Array("compilers".utf8), Array("s1".utf8))
        var tally = Tally()
        tally.add(record)
        tally.opened(record.listener, at: 0)
        func maxima() -> [UInt64?] {
            let pool = tally.pools[record.pool]
            return [
                tally.connections[record.listener]?.rate.maximum, tally.listeners[record.listener]?.rate.maximum,
                pool?.traffic.rate.maximum,
                pool?.servers[record.server]?.rate.maximum,
            ]
        }
        #expect(maxima() == [1, 1, 1, 1])
        tally.clearMaxima()
        #expect(maxima() == [0, 0, 0, 0])
    }
}
