/// Something with a descriptor or a deadline that an `EventLoop` calls. Belongs to one loop, and so to one thread.
/// `open` because a `package` class has no subclasses in other targets.
open class EventTarget {
    /// Where the loop keeps it; `EventLoop.add` sets it.
    package internal(set) final var token: UInt64 = 0
    /// Nanoseconds of the monotonic clock; `Int64.max` for none. `EventLoop.setDeadline` sets it.
    package internal(set) final var deadline = Int64.max
    /// When the wheel will look at it next.
    final var wheelTime = Int64.max
    final var isDeferred = false

    public init() {}

    /// The descriptor is ready. Edge-triggered: what is not read now is not reported again.
    open func handle(_ events: ReadyEvents) { preconditionFailure("a target must say what it does") }
    /// The deadline has passed; it is none now.
    open func deadlinePassed() {}
    /// What `EventLoop.deferWork` asked for.
    open func resume() {}
}
