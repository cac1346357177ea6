import Anycast
import Network
import Settings

/// Announces through ExaBGP, which runs `puppetfront anycast exabgp`: that asks the runtime socket again and again. Here it is only noted
/// whether it asks, and what it was last answered.
final class ExaBGPAnnouncer: AnnouncementDriver {
    let name = "exabgp"
    private var wanted: AnycastState?
    private var answered: AnycastState?
    /// Nanoseconds of the loop's clock.
    private var askedAt: Int64?
    private let loop: EventLoop<ControlMessage>
    private static let patience: Int64 = 3_000_000_000

    init(_ loop: EventLoop<ControlMessage>) { self.loop = loop }

    private var isAsked: Bool { askedAt.map { loop.now - $0 < Self.patience } ?? false }
    var confirmed: AnycastState? { isAsked ? answered : nil }
    var fault: String? { isAsked ? nil : "ExaBGP's puppetfront anycast exabgp does not ask" }
    func want(_ state: AnycastState) { wanted = state }
    func tick() {}
    func close() {}

    func asked() {
        askedAt = loop.now
        answered = wanted
    }
}

/// The lines that `puppetfront anycast exabgp` prints, from what the runtime socket replies.
package struct ExaBGPFeed {
    private let routes: RouteLines
    private var told: AnycastState?

    package init(prefixes: [String], med: Int, unfitMED: Int, communities: [String]) {
        var routes = RouteLines(prefixes: prefixes)
        (routes.med, routes.unfitMED, routes.communities) = (med, unfitMED, communities)
        self.routes = routes
    }

    /// - Parameter reply: to `show anycast state`; nil: no instance replies, which withdraws
    package mutating func lines(_ reply: String?) -> [String] {
        let state = reply.flatMap { text in AnycastState.allCases.first { text.split(separator: "\n").first == $0.rawValue[...] } }
        let next = state ?? .withdrawn
        defer { told = next }
        return routes.lines(from: told, to: next)
    }
}
