import Anycast
import Model
import Settings
import Testing

@Suite struct FitnessJudgeTests {
    private var settings: AnycastSettings = {
        var settings = AnycastSettings(site: SiteName("eie"))
        settings.holdDown = .seconds(30)
        return settings
    }()

    private func inputs(_ usable: Int = 2, _ fill: (inout FitnessJudge.Inputs) -> Void = { _ in }) -> FitnessJudge.Inputs {
        var inputs = FitnessJudge.Inputs()
        inputs.usable = [("compilers", usable)]
        fill(&inputs)
        return inputs
    }

    /// Judges each second of the range; the state at its end.
    @discardableResult
    private func play(_ judge: inout FitnessJudge, _ inputs: FitnessJudge.Inputs, _ seconds: ClosedRange<Int64>) -> AnycastState {
        for second in seconds { _ = judge.judge(inputs, settings, now: MonotonicTime(nanoseconds: second * 1_000_000_000)) }
        return judge.state
    }

    @Test func risesAfterTwoLooks() {
        var judge = FitnessJudge()
        #expect(play(&judge, inputs(), 0...0) == .withdrawn)
        #expect(play(&judge, inputs(), 1...1) == .announced)
    }

    @Test func takesOverAtOnce() {
        var judge = FitnessJudge()
        judge.decideAtOnce()
        #expect(play(&judge, inputs(), 0...0) == .announced)
    }

    /// A restart or a takeover does not end the hold-down.
    @Test(arguments: [false, true]) func theHoldDownOfTheInstanceBeforeHolds(takesOver: Bool) {
        var judge = FitnessJudge(heldUntil: MonotonicTime(nanoseconds: 20_000_000_000))
        if takesOver { judge.decideAtOnce() }
        #expect(play(&judge, inputs(), 0...19) == .withdrawn)
        #expect(judge.heldDown(now: MonotonicTime(nanoseconds: 19_000_000_000)) == .seconds(1))
        #expect(play(&judge, inputs(), 20...20) == .announced)
    }

    @Test func fallsAfterTwoLooksAndComesBackAfterTheHoldDown() {
        var judge = FitnessJudge()
        play(&judge, inputs(), 0...100)
        #expect(play(&judge, inputs(0), 101...101) == .announced)
        #expect(play(&judge, inputs(0), 102...102) == .unfit)
        #expect(play(&judge, inputs(), 103...131) == .unfit)
        #expect(judge.heldDown(now: MonotonicTime(nanoseconds: 131_000_000_000)) == .seconds(1))
        #expect(play(&judge, inputs(), 132...132) == .announced)
    }

    @Test mutating func withdrawsWhereConfigured() {
        settings.unfit = .withdraw
        var judge = FitnessJudge()
        play(&judge, inputs(), 0...10)
        #expect(play(&judge, inputs(0), 11...12) == .withdrawn)
    }

    @Test func leavesAtOnce() {
        let leaving: [(inout FitnessJudge.Inputs) -> Void] = [
            { $0.isDraining = true }, { $0.hasKillFile = true }, { $0.listenersOpen = false }, { $0.override = .off },
        ]
        for fill in leaving {
            var judge = FitnessJudge()
            play(&judge, inputs(), 0...10)
            #expect(play(&judge, inputs(2, fill), 11...11) == .withdrawn)
        }
    }

    @Test func operatorSetsOnWhateverServersDo() {
        var judge = FitnessJudge()
        #expect(play(&judge, inputs(0) { $0.override = .on }, 0...0) == .announced)
        #expect(play(&judge, inputs(0) { ($0.override, $0.isDraining) = (.on, true) }, 1...1) == .withdrawn)
    }

    /// Servers that are up for 3 s and down for 3 s, for ten minutes: without hold-down and damping the route would change 200 times.
    @Test func flappingServersDoNotFlapTheRoute() {
        var judge = FitnessJudge()
        for second in Int64(0)..<600 { play(&judge, inputs(second % 6 < 3 ? 2 : 0), second...second) }
        #expect(judge.changes <= 10, "\(judge.changes) changes")
    }

    /// A short dip between two looks is no change.
    @Test func shortDipsDoNotCount() {
        var judge = FitnessJudge()
        play(&judge, inputs(), 0...10)
        let changes = judge.changes
        play(&judge, inputs(0), 11...11)
        play(&judge, inputs(), 12...20)
        #expect(judge.changes == changes)
    }
}
