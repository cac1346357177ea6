import Anycast
import Network
import Settings

/// Announces through BIRD 2: enables and disables protocols by name, and looks each second whether they are still as they shall be. After
/// a restart of BIRD they are as its configuration has them: the next look sets that right.
///
///     none → welcome → idle ⇄ busy (one operation at a time); any → none when the connection ends, and again → welcome at the next tick
final class BIRDClient: AnnouncementDriver {
    private enum Operation {
        /// - corrects: what is not as wanted is set
        case show(String, corrects: Bool)
        case set(BIRDPlan.Step)

        var command: String {
            switch self {
            case .show(let name, _): "show protocols \(name)\n"
            case .set(let step): step.command
            }
        }
    }

    let name = "bird"
    private(set) var confirmed: AnycastState?
    private(set) var fault: String?
    private let path: String
    private let protocols: [String]
    private let unfitProtocols: [String]
    private let loop: EventLoop<ControlMessage>
    private var wanted: AnycastState?
    private var connection: BIRDConnection?
    private var isWelcome = false
    private var queue: [Operation] = []
    private var current: Operation?
    private var isOn: [String: Bool] = [:]
    /// Of the round of looks under way.
    private var roundFault: String?

    init(_ path: String, protocols: [String], unfitProtocols: [String], _ loop: EventLoop<ControlMessage>) {
        self.path = path
        self.protocols = protocols
        self.unfitProtocols = unfitProtocols
        self.loop = loop
    }

    private var steps: [BIRDPlan.Step] {
        wanted.map { BIRDPlan($0, protocols: protocols, unfitProtocols: unfitProtocols).steps } ?? []
    }

    func want(_ state: AnycastState) {
        guard wanted != state else { return }
        wanted = state
        confirmed = nil
        queue = steps.map { .set($0) } + look(corrects: false)
        if connection == nil { connect() } else { next() }
    }

    func tick() {
        guard wanted != nil else { return }
        guard connection != nil else { return connect() }
        guard isWelcome, current == nil, queue.isEmpty else { return }
        queue = look(corrects: true)
        next()
    }

    private func look(corrects: Bool) -> [Operation] { steps.map { .show($0.name, corrects: corrects) } }

    private func connect() {
        do throws(SystemError) {
            connection = try BIRDConnection(
                path, loop, onReply: { [unowned self] in replied($0) }, onEnd: { [unowned self] in ended($0) })
        } catch {
            ended(error.description)
        }
    }

    private func ended(_ reason: String) {
        (connection, isWelcome, current, confirmed, roundFault) = (nil, false, nil, nil, nil)
        isOn = [:]
        queue = []
        fault = "\(path): \(reason)"
    }

    private func replied(_ reply: BIRDReply) {
        guard isWelcome else {
            isWelcome = true
            queue = steps.map { .set($0) } + look(corrects: false)
            return next()
        }
        defer { next() }
        guard let operation = current else { return }
        current = nil
        switch operation {
        case .set: if reply.isError { roundFault = reply.errorText }
        case .show(let name, let corrects):
            guard let on = reply.isProtocolOn(name) else {
                (isOn[name], roundFault) = (nil, reply.errorText ?? "no protocol \(name)")
                break
            }
            isOn[name] = on
            if corrects, let step = steps.first(where: { $0.name == name }), step.isOn != on {
                confirmed = nil
                queue += [.set(step), .show(name, corrects: false)]
            }
        }
        if queue.isEmpty { roundEnded() }
    }

    private func roundEnded() {
        let wrong = steps.filter { isOn[$0.name] != $0.isOn }
        confirmed = wrong.isEmpty ? wanted : nil
        fault = wrong.isEmpty ? nil : roundFault ?? "protocol \(wrong[0].name) is not \(wrong[0].isOn ? "enabled" : "disabled")"
        roundFault = nil
    }

    private func next() {
        guard isWelcome, current == nil, !queue.isEmpty else { return }
        let operation = queue.removeFirst()
        current = operation
        connection?.send(operation.command)
    }

    func close() {
        connection?.close()
        connection = nil
    }
}
