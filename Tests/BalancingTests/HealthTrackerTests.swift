import Balancing
import Settings
import Testing

struct HealthTrackerTests {
    static let check = CheckSettings(
        inter: .seconds(10), fastinter: .seconds(1), downinter: .seconds(2), timeout: .seconds(5), rise: 2, fall: 3)
    static let failure = CheckOutcome.failed(CheckFailure(.layer7Status, code: 503, duration: .milliseconds(3)))
    static let pass = CheckOutcome.passed(status: 200, duration: .milliseconds(3))

    /// `F` fails, `P` passes, `U` unresolved, `R` resolved.
    static func outcome(_ letter: Character) -> CheckOutcome {
        switch letter {
        case "F": failure
        case "P": pass
        case "U": .unresolved
        default: .resolved
        }
    }

    /// What HAProxy shows after these outcomes, and the seconds to the next check.
    @Test(arguments: [
        ("", "1/3 UP", 1), ("P", "3/3 UP", 10), ("F", "0/2 DOWN", 2),
        ("PF", "2/3 UP", 1), ("PFF", "1/3 UP", 1), ("PFFF", "0/2 DOWN", 2), ("PFFFF", "0/2 DOWN", 2),
        ("PFFPFF", "1/3 UP", 1), ("PFFPFFF", "0/2 DOWN", 2), ("PFFP", "3/3 UP", 10),
        ("FP", "1/2 DOWN", 1), ("FPF", "0/2 DOWN", 2), ("FPP", "3/3 UP", 10), ("FPFPP", "3/3 UP", 10),
        ("U", "1/2 DOWN", 2), ("UP", "1/2 DOWN", 2), ("UR", "1/2 DOWN", 1), ("URP", "3/3 UP", 10), ("URF", "0/2 DOWN", 2),
    ])
    func countsAsHAProxyDoes(outcomes: String, expected: String, seconds: Int) {
        var tracker = HealthTracker(check: Self.check)
        for letter in outcomes { _ = tracker.record(Self.outcome(letter)) }
        #expect("\(tracker.progress.current)/\(tracker.progress.of) \(tracker.isUp ? "UP" : "DOWN")" == expected)
        #expect(tracker.nextInterval == .seconds(seconds))
    }

    @Test func reportsEachStepOnce() {
        var tracker = HealthTracker(check: Self.check)
        let changes = "PPFFFFPFPPP".map { tracker.record(Self.outcome($0)) }
        #expect(changes == [.passing, .none, .failing, .failing, .down, .none, .passing, .failing, .passing, .up, .none])
    }

    @Test func anUnresolvedNameIsReportedOnce() {
        var tracker = HealthTracker(check: nil)
        #expect("UURR".map { tracker.record(Self.outcome($0)) } == [.down, .none, .up, .none])
        #expect(tracker.nextInterval == nil)
    }

    /// The counter compared with the text of HAProxy's manual, over random outcomes: `fall` in a row bring it down, `rise` in a row up.
    @Test(arguments: [(1, 1), (2, 3), (3, 2), (5, 1), (1, 4)])
    func fallAndRiseCountInARow(rise: Int, fall: Int) {
        var generator = SeededGenerator(seed: UInt64(rise * 10 + fall))
        var tracker = HealthTracker(check: CheckSettings(rise: rise, fall: fall))
        var isUp = generator.next(2) == 0
        _ = tracker.record(isUp ? Self.pass : Self.failure)
        var inARow = 0
        for _ in 0..<5000 {
            let passes = generator.next(2) == 0
            _ = tracker.record(passes ? Self.pass : Self.failure)
            inARow = passes == isUp ? 0 : inARow + 1
            if inARow == (isUp ? fall : rise) {
                isUp.toggle()
                inARow = 0
            }
            #expect(tracker.isUp == isUp)
        }
    }

    @Test(arguments: [
        ("P", "5/5 UP"), ("PF", "4/5 UP"), ("PFF", "3/5 UP"), ("F", "0/4 DOWN"), ("FP", "1/4 DOWN"), ("", "1/5 UP"),
    ])
    func newSettingsKeepWhatIsKnown(outcomes: String, expected: String) {
        var tracker = HealthTracker(check: Self.check)
        for letter in outcomes { _ = tracker.record(Self.outcome(letter)) }
        tracker.adopt(CheckSettings(rise: 4, fall: 5))
        #expect("\(tracker.progress.current)/\(tracker.progress.of) \(tracker.isUp ? "UP" : "DOWN")" == expected)
    }

    @Test func aCheckThatIsTakenAwayLeavesTheServerUp() {
        var tracker = HealthTracker(check: Self.check)
        _ = tracker.record(Self.failure)
        tracker.adopt(nil)
        #expect(tracker.isUp)
        tracker.adopt(Self.check)
        #expect(tracker.isUp)
        #expect(tracker.record(Self.failure) == .down)
    }

    @Test(arguments: [(-1, 0), (0, 0), (3, 3), (4, 4), (99, 4)])
    func whatIsRestoredIsHeldToItsRange(counter: Int, expected: Int) {
        var tracker = HealthTracker(check: CheckSettings(rise: 2, fall: 3))
        tracker.restore(counter: counter)
        #expect(tracker.counter == expected)
    }
}

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) >> 1) % bound
    }
}
