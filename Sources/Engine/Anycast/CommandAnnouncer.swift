import Hooks
import Network
import Settings

/// Announces by running the operator's program with `on`, `off` or `unfit`: one run at a time, the newest state next. A run that fails is
/// repeated.
final class CommandAnnouncer: AnnouncementDriver {
    let name = "command"
    private(set) var confirmed: AnycastState?
    private(set) var fault: String?
    private let program: String
    private let thread: BackgroundThread
    private let mailbox: Mailbox<ControlMessage>
    private var wanted: AnycastState?
    private var isRunning = false

    init(_ program: String, _ mailbox: Mailbox<ControlMessage>) throws(SystemError) {
        self.program = program
        self.mailbox = mailbox
        thread = try BackgroundThread(name: "anycast")
    }

    func want(_ state: AnycastState) {
        wanted = state
        start()
    }

    func tick() { start() }
    func close() { wanted = nil }

    private func start() {
        guard !isRunning, let wanted, wanted != confirmed else { return }
        isRunning = true
        thread.perform { [program, mailbox] in
            mailbox.post(.announcementEnded(wanted, fault: StateProgram.run(program, wanted.commandWord)))
        }
    }

    func ended(_ state: AnycastState, fault: String?) {
        isRunning = false
        self.fault = fault.map { "\(program) \(state.commandWord): \($0)" }
        confirmed = fault == nil ? state : nil
        if fault == nil { start() }
    }
}

extension AnycastState {
    var commandWord: String {
        switch self {
        case .announced: "on"
        case .unfit: "unfit"
        case .withdrawn: "off"
        }
    }
}
