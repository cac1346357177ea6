import Balancing
import Model
import Network
import Testing

@testable import Engine

/// Figures of `lastchg`, `downtime` and `chkdown`, as HAProxy 2.6 counts them.
struct ChangeHistoryTests {
    private let server = ServerID(7)
    private func at(_ seconds: Int64) -> Moment { Moment(wall: 1_000_000 - seconds, steady: seconds) }

    @Test func everyAdministrativeStateResetsTheTimeSinceTheLastChange() {
        var history = ChangeHistory(startedAt: at(0))
        #expect(history.entry(pool: "p", server: server).secondsSinceChange(now: at(10)) == 10)
        for (number, state) in [AdminState.maint, .drain, .ready].enumerated() {
            let time = Int64(10 * (number + 1))
            history.set(state, pool: "p", server: server, now: at(time))
            #expect(history.entry(pool: "p", server: server).secondsSinceChange(now: at(time + 3)) == 3)
        }
        #expect(history.entry(pool: "p", server: ServerID(8)).secondsSinceChange(now: at(40)) == 40, "another server's is not touched")
        #expect(history.entry(pool: "other", server: server).secondsSinceChange(now: at(40)) == 40)
    }

    @Test func timeInMaintIsDowntime() {
        var history = ChangeHistory(startedAt: at(0))
        history.set(.maint, pool: "p", server: server, now: at(10))
        #expect(history.entry(pool: "p", server: server).secondsDown(now: at(14)) == 4)
        history.set(.ready, pool: "p", server: server, now: at(15))
        #expect(history.entry(pool: "p", server: server).secondsDown(now: at(100)) == 5)
        history.set(.drain, pool: "p", server: server, now: at(100))
        #expect(history.entry(pool: "p", server: server).secondsDown(now: at(200)) == 5, "a draining server works")
        #expect(history.entry(pool: "p", server: server).timesDown == 1, "as HAProxy counts it")
    }

    @Test func downBeforeAndInMaintIsCountedOnce() {
        var history = ChangeHistory(startedAt: at(0))
        func turn(isUp: Bool, at seconds: Int64) {
            history.note("turned", pool: "p", server: server, isUp: isUp, failedCheck: !isUp, now: at(seconds))
        }
        turn(isUp: false, at: 10)
        history.set(.maint, pool: "p", server: server, now: at(20))
        turn(isUp: true, at: 30)
        history.set(.ready, pool: "p", server: server, now: at(40))
        let entry = history.entry(pool: "p", server: server)
        #expect(entry.secondsDown(now: at(100)) == 30 && entry.timesDown == 1 && entry.checksFailed == 1)
        #expect(entry.secondsSinceChange(now: at(100)) == 60)
        turn(isUp: true, at: 50)
        #expect(history.entry(pool: "p", server: server).secondsSinceChange(now: at(100)) == 60, "it was up already")
    }
}
