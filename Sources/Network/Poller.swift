import CLinux

/// What epoll says of a descriptor.
public struct ReadyEvents: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = ReadyEvents(rawValue: EPOLLIN.rawValue)
    package static let writable = ReadyEvents(rawValue: UInt32(EPOLLOUT.rawValue))
    /// The peer will send no more.
    package static let peerClosed = ReadyEvents(rawValue: UInt32(EPOLLRDHUP.rawValue))
    /// Both directions are gone.
    package static let hungUp = ReadyEvents(rawValue: UInt32(EPOLLHUP.rawValue) | UInt32(EPOLLERR.rawValue))
}

/// One epoll instance. Descriptors are added once, edge-triggered, for their life; closing a descriptor takes it out.
package struct Poller: ~Copyable {
    private let descriptor: FileDescriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>

    package init(batch: Int = 512) throws(SystemError) {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw SystemError("epoll_create1") }
        descriptor = FileDescriptor(owning: number)
        events = .allocate(capacity: batch)
    }

    deinit { events.deallocate() }

    package enum Interest {
        /// In readiness to read and write as it begins.
        case edges
        /// As long as there is something to read.
        case levelOfInput
        /// As `edges`, of input that several loops wait for: not all of them are woken for one connection (EPOLLEXCLUSIVE).
        case sharedInput

        var events: UInt32 {
            switch self {
            case .edges: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            case .levelOfInput: EPOLLIN.rawValue
            case .sharedInput: EPOLLIN.rawValue | EPOLLET.rawValue | EPOLLEXCLUSIVE.rawValue
            }
        }
    }

    package func add(_ number: Int32, token: UInt64, interest: Interest = .edges) throws(SystemError) {
        var event = epoll_event()
        pf_epoll_event_set(&event, interest.events, token)
        guard epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    package func remove(_ number: Int32) {
        var event = epoll_event()
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, &event)
    }

    /// Waits; how many events there are. `milliseconds` -1 waits for ever.
    package func wait(milliseconds: Int32) -> Int {
        let count = epoll_wait(descriptor.number, events.baseAddress, Int32(events.count), milliseconds)
        return count > 0 ? Int(count) : 0
    }

    package func event(_ index: Int) -> (token: UInt64, events: ReadyEvents) {
        let event = events[index]
        return (withUnsafePointer(to: event) { pf_epoll_event_data($0) }, ReadyEvents(rawValue: event.events))
    }
}
