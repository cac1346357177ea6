/// What did each pool do in each minute of the last hour? A ring of 60 samples a pool, for at most 256 pools: 1.5 MB at most.
///
/// Time is passed in: whole seconds since the start, which never go back. One minute is open; `tick` closes it when the next one begins.
/// A minute without ticks has no sample.
package struct PoolHistory: Sendable {
    package struct Sample: Sendable, Equatable {
        /// Minutes since the start.
        package var minute: Int64 = 0
        /// Seconds of it that the sample covers: 60, but for the open minute.
        package var seconds: Int64 = 60
        package var requests: UInt64 = 0
        package var errors: UInt64 = 0
        package var catalogs: UInt64 = 0
        /// Milliseconds; nil: no catalog.
        package var medianCatalog: Int64?
        package var slowCatalog: Int64?
        /// The most requests that were queued at the turn of a second.
        package var peakQueued = 0

        package init() {}
    }

    private struct Track {
        var closed: [Sample] = []
        /// The place of the oldest one, once the ring is full.
        var oldest = 0
        /// The counters when the open minute began.
        var base: PoolActivity
        var peakQueued = 0
    }

    private var tracks: [String: Track] = [:]
    private var openMinute: Int64 = 0

    package static let length = 60
    package static let poolBound = 256

    package init() {}

    /// Once a second.
    /// - Parameters:
    ///   - queued: requests in each pool's queue now; pools that are not in it are forgotten
    ///   - activity: every pool's counters; asked for when a minute ends or a pool is new
    package mutating func tick(second: Int64, queued: [String: Int], activity: () -> [String: PoolActivity]) {
        let minute = second / 60
        let isNew = queued.contains { tracks[$0.key] == nil }
        if minute != openMinute || isNew {
            let counters = activity()
            if minute != openMinute { close(counters) }
            openMinute = minute
            tracks = tracks.filter { queued[$0.key] != nil }
            for name in queued.keys where tracks[name] == nil && tracks.count < Self.poolBound {
                // Before the first minute nothing has been counted that is not of that minute.
                tracks[name] = Track(base: second < 60 ? PoolActivity() : counters[name] ?? PoolActivity())
            }
        }
        for (name, count) in queued where count > tracks[name]?.peakQueued ?? .max { tracks[name]?.peakQueued = count }
    }

    /// Of the last 60 minutes, the oldest first, the open one last.
    /// - Parameters:
    ///   - second: now
    ///   - activity: the pool's counters now
    ///   - queued: requests in its queue now
    package func samples(of pool: String, second: Int64, activity: PoolActivity, queued: Int) -> [Sample] {
        guard let track = tracks[pool] else { return [] }
        let ordered = track.closed[track.oldest...] + track.closed[..<track.oldest]
        let first = second / 60 - Int64(Self.length)
        var open = Self.sample(openMinute, activity, track)
        open.seconds = min(60, max(1, second - openMinute * 60 + 1))
        open.peakQueued = max(open.peakQueued, queued)
        return ordered.filter { $0.minute > first } + [open]
    }

    private mutating func close(_ counters: [String: PoolActivity]) {
        for (name, track) in tracks {
            var track = track
            let activity = counters[name] ?? PoolActivity()
            let sample = Self.sample(openMinute, activity, track)
            if track.closed.count < Self.length {
                track.closed.append(sample)
            } else {
                track.closed[track.oldest] = sample
                track.oldest = (track.oldest + 1) % Self.length
            }
            track.base = activity
            track.peakQueued = 0
            tracks[name] = track
        }
    }

    private static func sample(_ minute: Int64, _ activity: PoolActivity, _ track: Track) -> Sample {
        let done = activity.since(track.base)
        var sample = Sample()
        sample.minute = minute
        sample.requests = done.requests
        sample.errors = done.errors
        sample.catalogs = done.catalogTimes.count
        sample.medianCatalog = done.catalogTimes.quantile(percent: 50)
        sample.slowCatalog = done.catalogTimes.quantile(percent: 95)
        sample.peakQueued = track.peakQueued
        return sample
    }
}
