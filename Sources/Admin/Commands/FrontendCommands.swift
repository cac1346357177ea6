/// Commands about one listener, a frontend in HAProxy's words. Its texts, letter by letter.
enum FrontendCommands {
    typealias Command = AdminCommands.Command
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(words: ["enable", "frontend"], usage: "enable frontend <frontend>              : accept connections again", level: .admin) {
            input in
            answer(input) { name, state in
                switch state {
                case .open: .text("All sockets are already enabled.\n")
                case .paused: .perform([.setFrontend(name, isOpen: true)])
                case .stopped: .text("Frontend was previously shut down, cannot enable.\n")
                }
            }
        },
        Command(words: ["disable", "frontend"], usage: "disable frontend <frontend>             : refuse new connections", level: .admin) {
            input in
            answer(input) { name, state in
                switch state {
                case .open: .perform([.setFrontend(name, isOpen: false)])
                case .paused: .text("All sockets are already disabled.\n")
                case .stopped: .text("Frontend was previously shut down, cannot disable.\n")
                }
            }
        },
        Command(words: ["shutdown", "frontend"], usage: "shutdown frontend <frontend>            : close its port for good", level: .admin)
        { input in
            answer(input) { name, state in
                guard state != .stopped else { return .text("Frontend was already shut down.\n") }
                return .perform([.shutdownFrontend(name)])
            }
        },
        Command(
            words: ["set", "maxconn", "frontend"], usage: "set maxconn frontend <frontend> <n>     : limit its connections", level: .admin
        ) { input in
            answer(input) { name, _ in
                guard let text = input.words.dropFirst().first, let limit = Int(text) else { return .text("Integer value expected.\n") }
                guard (0...1_000_000).contains(limit) else { return .text("Value out of range.\n") }
                return .perform([.setFrontendMaxconn(name, limit)])
            }
        },
    ]

    private static func answer(_ input: Input, _ body: (String, ListenerReport.State) -> Result) -> Result {
        guard let name = input.words.first else { return .text("A frontend name is expected.\n") }
        guard let state = input.host.listenerState(name) else { return .text("No such frontend.\n") }
        return body(name, state)
    }
}
