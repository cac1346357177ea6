import Model
import Testing

@testable import Balancing

struct CompletionRateTests {
    private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

    @Test func aRateIsNotKnownBeforeAWindowHasPassed() {
        var rate = CompletionRate()
        for tenth in 0..<90 { rate.count(time(Double(tenth) / 10)) }
        #expect(rate.perSecond(time(9.9)) == 0)
        #expect(rate.perSecond(time(10)) == 9)
    }

    @Test func aSteadyRateIsMeasuredAsItIs() {
        var rate = CompletionRate()
        for tenth in 0..<600 { rate.count(time(Double(tenth) / 10)) }
        for tenth in 0..<90 {
            let measured = rate.perSecond(time(60 + Double(tenth) / 10))
            // What has not been counted since 60 s is missing.
            #expect(measured <= 10 && measured >= 10 - Double(tenth + 1) / 10)
        }
    }

    @Test func aChangeShowsWithinTwoWindows() {
        var rate = CompletionRate()
        for tenth in 0..<200 { rate.count(time(Double(tenth) / 10)) }
        for second in 20..<40 { rate.count(time(Double(second))) }
        #expect(abs(rate.perSecond(time(40)) - 1) < 0.2)
    }

    @Test func whatEndedLongAgoIsForgotten() {
        var rate = CompletionRate()
        for tenth in 0..<200 { rate.count(time(Double(tenth) / 10)) }
        #expect(rate.perSecond(time(60)) == 0)
        rate.count(time(61))
        #expect(rate.perSecond(time(61)) == 0)
    }
}
