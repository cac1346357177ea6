/// When something happened, by both clocks: `wall` for people, `steady` for spans. The wall clock may be set at any time, so no span is
/// measured with it.
package struct Moment: Sendable {
    /// Seconds since 1970.
    package let wall: Int64
    /// Seconds of the monotonic clock.
    package let steady: Int64

    package init(wall: Int64, steady: Int64) {
        self.wall = wall
        self.steady = steady
    }

    package static var now: Moment {
        Moment(wall: WallClock.nanoseconds() / 1_000_000_000, steady: MonotonicClock.nanoseconds() / 1_000_000_000)
    }
}
