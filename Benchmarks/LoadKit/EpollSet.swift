import CLinux

/// Which descriptors are ready? Owns one epoll descriptor, edge-triggered; events name the descriptor itself.
package struct EpollSet: ~Copyable {
    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private static let capacity: Int32 = 256

    package init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "epoll_create1 failed")
        events = .allocate(capacity: Int(Self.capacity))
    }

    deinit {
        close(descriptor)
        events.deallocate()
    }

    /// Watches `target` for reading, writing and the peer's end, until it is closed.
    package func add(_ target: Int32) {
        var event = epoll_event()
        pf_epoll_event_set(&event, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue, UInt64(target))
        precondition(epoll_ctl(descriptor, EPOLL_CTL_ADD, target, &event) == 0, "epoll_ctl failed")
    }

    /// Waits and gives each ready descriptor to `body`. False when nothing happened for `milliseconds` (-1: for ever).
    package func wait(milliseconds: Int32, _ body: (Int32) -> Void) -> Bool {
        let count = epoll_wait(descriptor, events, Self.capacity, milliseconds)
        if count < 0 { return pf_errno() == EINTR }
        for index in 0..<Int(count) { body(Int32(pf_epoll_event_data(events + index))) }
        return count > 0
    }
}
