import Network

/// Calls a function again and again, at the given distance.
final class Ticker: EventTarget {
    private let interval: Int64
    private let loop: EventLoop<ControlMessage>
    private let tick: () -> Void

    /// - Parameter interval: nanoseconds
    init(every interval: Int64, on loop: EventLoop<ControlMessage>, _ tick: @escaping () -> Void) throws(SystemError) {
        self.interval = interval
        self.loop = loop
        self.tick = tick
        super.init()
        try loop.add(self, descriptor: nil)
        loop.setDeadline(self, loop.now + interval)
    }

    override func deadlinePassed() {
        tick()
        loop.setDeadline(self, loop.now + interval)
    }
}
