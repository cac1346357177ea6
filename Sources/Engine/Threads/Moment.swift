import Network

/// When something happened: for people, and for spans. The wall clock may be set at any time; no span is measured with it.
struct Moment {
    /// Seconds since 1970.
    let wall: Int64
    /// Seconds of the monotonic clock.
    let steady: Int64

    static var now: Moment {
        Moment(wall: WallClock.nanoseconds() / 1_000_000_000, steady: MonotonicClock.nanoseconds() / 1_000_000_000)
    }
}
