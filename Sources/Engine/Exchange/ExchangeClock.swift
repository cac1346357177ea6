import Forwarding
import Network

/// Which deadline runs? One function of where an exchange is, and the only place that sets a deadline for one.
///
///     state             | client's deadline                        | server's deadline
///     readingHead       | request_head, from the first byte        | –
///     readingContent    | body, from the last progress             | –
///     queued            | – (the pool's own)                       | –
///     connecting        | –                                        | connect
///     awaitingResponse  | body, where the request waits for more   | response, where the request waits for the server
///     forwarding        | client, where it takes nothing; else body, where the request waits for more | response, unless the client takes nothing
///     delivering, responding | client                              | –
///
/// Deadlines begin when such a wait begins and again with each byte that moves. While the exchange holds a server's slot, waiting for the
/// client is also bounded by a minimum rate, averaged over `rateWindow`, so that a pause of the network is no offence.
struct ExchangeClock {
    private enum ClientWait { case none, head, content, taking }
    private enum ServerWait { case none, connect, response }

    /// What has passed when the client's deadline has.
    enum ClientTimeout { case requestLate, clientStuck, tooSlow, none }

    /// Nanoseconds over which the rate is averaged.
    static let rateWindow: Int64 = 30_000_000_000

    private var clientWait = ClientWait.none
    private var serverWait = ServerWait.none
    private var clientTraffic: UInt64 = 0
    private var serverTraffic: UInt64 = 0
    /// When waiting for the client is too long, by the wait's own timeout.
    private var clientDeadline = Int64.max
    /// Where the rate's window began; nil: the rate does not matter now.
    private var windowBegan: Int64?
    private var windowTraffic: UInt64 = 0

    /// Sets both sides' deadlines for where the exchange is now.
    /// - Parameter minimumRate: bytes a second; 0: none
    mutating func update(
        _ state: ExchangeStateMachine.State, _ flow: RequestRelay.Flow, _ downstream: DownstreamSide, _ upstream: UpstreamSide?,
        loop: EventLoop<WorkerMessage>, timeouts: WorkerTimeouts, minimumRate: UInt64
    ) {
        let isStuck = downstream.hasPendingOutput
        let (client, server) = Self.waits(state, flow, isStuck: isStuck)
        let holdsSlot = state == .awaitingResponse || state == .forwarding
        setClient(client, downstream, loop, timeouts, minimumRate: holdsSlot ? minimumRate : 0)
        if let upstream { setServer(server, upstream, loop) } else { serverWait = .none }
    }

    private static func waits(_ state: ExchangeStateMachine.State, _ flow: RequestRelay.Flow, isStuck: Bool) -> (ClientWait, ServerWait) {
        switch state {
        case .readingHead: (.head, .none)
        case .readingContent: (.content, .none)
        case .connecting: (.none, .connect)
        case .awaitingResponse, .forwarding:
            if isStuck {
                (.taking, .none)
            } else if case .waitsForClient = flow {
                (.content, state == .forwarding ? .response : .none)
            } else {
                (.none, .response)
            }
        case .delivering, .responding: (.taking, .none)
        case .idle, .seeking, .queued, .ended: (.none, .none)
        }
    }

    private mutating func setClient(
        _ wait: ClientWait, _ downstream: DownstreamSide, _ loop: EventLoop<WorkerMessage>, _ timeouts: WorkerTimeouts, minimumRate: UInt64
    ) {
        let traffic = downstream.traffic
        if wait != clientWait || traffic != clientTraffic && wait != .head {
            clientDeadline =
                switch wait {
                case .none: .max
                case .head: loop.now + timeouts.requestHead
                case .content: loop.now + timeouts.body
                case .taking: loop.now + timeouts.client
                }
        }
        clientWait = wait
        clientTraffic = traffic
        let isMeasured = minimumRate > 0 && (wait == .content || wait == .taking)
        if !isMeasured {
            windowBegan = nil
        } else if windowBegan.map({ loop.now - $0 >= Self.rateWindow && !isBelow(minimumRate, traffic) }) ?? true {
            windowBegan = loop.now
            windowTraffic = traffic
        }
        loop.setDeadline(downstream.timer, min(clientDeadline, windowBegan.map { $0 + Self.rateWindow } ?? .max))
    }

    /// Less has moved in this window than the rate asks for.
    private func isBelow(_ rate: UInt64, _ traffic: UInt64) -> Bool {
        traffic - windowTraffic < rate.multipliedReportingOverflow(by: UInt64(Self.rateWindow / 1_000_000_000)).partialValue
    }

    private mutating func setServer(_ wait: ServerWait, _ upstream: UpstreamSide, _ loop: EventLoop<WorkerMessage>) {
        let traffic = upstream.traffic
        guard wait != serverWait || traffic != serverTraffic else { return }
        serverWait = wait
        serverTraffic = traffic
        let deadline: Int64 =
            switch wait {
            case .none: .max
            case .connect: loop.now + upstream.target.connectTimeout
            case .response: loop.now + upstream.target.responseTimeout
            }
        loop.setDeadline(upstream, deadline)
    }

    /// Another server is tried: its deadlines begin again.
    mutating func restartServer() { serverWait = .none }

    /// The client's deadline has passed.
    mutating func clientTimedOut(now: Int64, minimumRate: UInt64, traffic: UInt64) -> ClientTimeout {
        if now >= clientDeadline {
            switch clientWait {
            case .head, .content: return .requestLate
            case .taking: return .clientStuck
            case .none: return .none
            }
        }
        guard let began = windowBegan, now - began >= Self.rateWindow, isBelow(minimumRate, traffic) else { return .none }
        return .tooSlow
    }
}
