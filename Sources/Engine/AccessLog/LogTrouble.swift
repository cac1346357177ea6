/// When is an operator told that the access log loses lines or waits? Once when it begins, and once when nothing has gone wrong for a
/// while; not of each line. Times are nanoseconds of the monotonic clock.
struct LogTrouble {
    private struct Spell {
        let began: Int64
        let linesDroppedBefore: Int
        /// When something went wrong last.
        var lastSign: Int64
        var isFailure: Bool
    }

    private var spell: Spell?
    /// For how long nothing may go wrong before it is over.
    private let calm: Int64

    init(calm: Duration) { self.calm = calm.inNanoseconds }

    var isOn: Bool { spell != nil }

    /// Something went wrong. True where it is to be told: this is the beginning, or what was only slow fails.
    mutating func sign(isFailure: Bool, linesDropped: Int, now: Int64) -> Bool {
        guard let known = spell else {
            spell = Spell(began: now, linesDroppedBefore: linesDropped, lastSign: now, isFailure: isFailure)
            return true
        }
        spell?.lastSign = now
        spell?.isFailure = known.isFailure || isFailure
        return isFailure && !known.isFailure
    }

    /// The output works. How long it did not and how many lines were lost, where that is over now.
    mutating func works(linesDropped: Int, now: Int64) -> (seconds: Int64, linesLost: Int)? {
        guard let spell, now - spell.lastSign >= calm else { return nil }
        self.spell = nil
        return ((spell.lastSign - spell.began) / 1_000_000_000, linesDropped - spell.linesDroppedBefore)
    }
}
