/// What has happened in worlds, to see that they are not too quiet to show anything.
extension PoolWorld {
    struct Counts: CustomStringConvertible {
        var fromQueue = 0
        var toOwnServer = 0
        var timedOut = 0
        var ejections = 0
        var panics = 0
        var spills = 0
        var repeats = 0
        /// Requests that waited, or passed one that did, since one held its share.
        var overShare = 0
        var passedOverShare = 0

        mutating func add(_ other: Counts) {
            fromQueue += other.fromQueue
            toOwnServer += other.toOwnServer
            timedOut += other.timedOut
            ejections += other.ejections
            panics += other.panics
            spills += other.spills
            repeats += other.repeats
            overShare += other.overShare
            passedOverShare += other.passedOverShare
        }

        var isQuiet: Bool {
            [fromQueue, toOwnServer, timedOut, ejections, panics, spills, repeats, overShare, passedOverShare].contains(0)
        }

        var description: String {
            "\(fromQueue) served from the queue (\(toOwnServer) by their own server, \(repeats) repeats), \(timedOut) timed out, "
                + "\(overShare) waited over their share and were passed \(passedOverShare) times, \(spills) spilled, \(ejections) ejections, \(panics) panics"
        }
    }
}

extension ExchangeWorld {
    struct Counts: CustomStringConvertible {
        var ended = 0
        var triedAgain = 0
        var overflowed = 0
        /// Answers of the queue to requests that were gone by then.
        var crossed = 0

        mutating func add(_ other: Counts) {
            ended += other.ended
            triedAgain += other.triedAgain
            overflowed += other.overflowed
            crossed += other.crossed
        }

        var isQuiet: Bool { [ended, triedAgain, overflowed, crossed].contains(0) }

        var description: String { "\(ended) exchanges, \(triedAgain) tries again, \(overflowed) overflowed, \(crossed) crossed" }
    }
}
