import CLinux

/// One thread's loop: readiness, deadlines and messages, in this order, once a turn.
/// Targets are named by slot and generation, so that a stale event for a removed target is ignored.
package final class EventLoop<Message: Sendable> {
    package let mailbox: Mailbox<Message>
    /// Nanoseconds of the monotonic clock, read once after each wait.
    package private(set) var now: Int64
    package var onMessage: ((Message) -> Void)?
    /// After each turn's events: log lines are handed over here.
    package var onTurnEnd: (() -> Void)?

    private let poller: Poller
    private var wheel: TimerWheel
    private var targets: [EventTarget?] = [nil]
    private var generations: [UInt32] = [0]
    private var freeSlots: [UInt32] = []
    private var deferred: [EventTarget] = []
    private var batch: [Message] = []
    private var isStopping = false

    /// Slot 0 is the mailbox.
    private static var mailboxToken: UInt64 { 0 }

    package convenience init() throws(SystemError) { try self.init(mailbox: Mailbox()) }

    /// With a mailbox that others know already.
    package init(mailbox: Mailbox<Message>) throws(SystemError) {
        self.mailbox = mailbox
        poller = try Poller()
        now = MonotonicClock.nanoseconds()
        wheel = TimerWheel(now: now)
        try poller.add(mailbox.descriptor, token: Self.mailboxToken, interest: .levelOfInput)
    }

    /// Gives a target its token and, unless `descriptor` is nil, watches the descriptor until it is closed.
    package func add(_ target: EventTarget, descriptor: Int32?, interest: Poller.Interest = .edges) throws(SystemError) {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
            targets[Int(slot)] = target
        } else {
            slot = UInt32(targets.count)
            targets.append(target)
            generations.append(1)
        }
        target.token = UInt64(generations[Int(slot)]) << 32 | UInt64(slot)
        guard let descriptor else { return }
        do {
            try poller.add(descriptor, token: target.token, interest: interest)
        } catch {
            remove(target)
            throw error
        }
    }

    /// Forgets the target. Its descriptor must be closed now (or be taken out with `unwatch`).
    package func remove(_ target: EventTarget) {
        let slot = Int(target.token & 0xFFFF_FFFF)
        guard slot != 0, slot < targets.count, targets[slot] === target else { return }
        targets[slot] = nil
        generations[slot] &+= 1
        freeSlots.append(UInt32(slot))
        target.deadline = .max
        target.wheelTime = .max
        target.token = 0
    }

    package func unwatch(_ descriptor: Int32) { poller.remove(descriptor) }

    /// At `deadline` (nanoseconds; `Int64.max` for never) `deadlinePassed` is called, up to 32 ms late. Replaces the earlier one.
    @inline(__always) package func setDeadline(_ target: EventTarget, _ deadline: Int64) {
        target.deadline = deadline
        if deadline < target.wheelTime { schedule(target) }
    }

    private func schedule(_ target: EventTarget) {
        guard target.token != 0 else { return }
        target.wheelTime = wheel.insert(target.token, at: target.deadline)
    }

    /// Calls `resume` after this turn's events, once: for work that would keep others waiting.
    package func deferWork(_ target: EventTarget) {
        guard !target.isDeferred else { return }
        target.isDeferred = true
        deferred.append(target)
    }

    package func stop() { isStopping = true }

    package func run() {
        while !isStopping {
            let timeout = deferred.isEmpty ? wheel.millisecondsToNext(from: MonotonicClock.nanoseconds()) : 0
            let count = poller.wait(milliseconds: timeout)
            turn(count, at: MonotonicClock.nanoseconds())
        }
    }

    /// One turn without waiting, at a time of the caller's: for tests, which have no other clock.
    func turn(at time: Int64) { turn(poller.wait(milliseconds: 0), at: time) }

    @inline(__always) private func turn(_ count: Int, at time: Int64) {
        now = time
        var hasMail = false
        for index in 0..<count {
            let (token, events) = poller.event(index)
            if token == Self.mailboxToken {
                hasMail = true
            } else if let target = target(token) {
                target.handle(events)
            }
        }
        runDeferred()
        expire()
        if hasMail { deliver() }
        onTurnEnd?()
    }

    private func target(_ token: UInt64) -> EventTarget? {
        let slot = Int(token & 0xFFFF_FFFF)
        guard slot < targets.count, generations[slot] == UInt32(token >> 32) else { return nil }
        return targets[slot]
    }

    private func runDeferred() {
        guard !deferred.isEmpty else { return }
        let work = deferred
        deferred.removeAll(keepingCapacity: true)
        for target in work {
            target.isDeferred = false
            if target.token != 0 { target.resume() }
        }
    }

    private func expire() {
        var expired: [EventTarget] = []
        let now = self.now
        wheel.advance(to: now) { wheel, token in
            guard let target = self.target(token) else { return }
            // An entry that is not the target's newest is left over from a deadline that came nearer.
            guard target.wheelTime <= now else { return }
            target.wheelTime = .max
            if target.deadline <= now {
                expired.append(target)
            } else if target.deadline != .max {
                target.wheelTime = wheel.insert(token, at: target.deadline)
            }
        }
        for target in expired where target.token != 0 && target.deadline <= now {
            target.deadline = .max
            target.deadlinePassed()
        }
    }

    private func deliver() {
        mailbox.drain(into: &batch)
        for message in batch { onMessage?(message) }
        batch.removeAll(keepingCapacity: true)
    }
}
