/// Calls a function at a fixed interval on an event loop, until it is released.
package final class Ticker<Message: Sendable>: EventTarget {
    private let interval: Int64
    private let loop: EventLoop<Message>
    private let tick: () -> Void

    /// - Parameter interval: nanoseconds
    package init(every interval: Int64, on loop: EventLoop<Message>, _ tick: @escaping () -> Void) throws(SystemError) {
        self.interval = interval
        self.loop = loop
        self.tick = tick
        super.init()
        try loop.add(self, descriptor: nil)
        loop.setDeadline(self, loop.now + interval)
    }

    package override func deadlinePassed() {
        tick()
        loop.setDeadline(self, loop.now + interval)
    }
}
