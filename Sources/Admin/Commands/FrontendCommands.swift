/// Commands about one listener, a frontend in HAProxy's words. Its texts, letter by letter.
enum FrontendCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(signature("enable", "accept connections again")) { input in
            answer(input) { name, state in
                switch state {
                case .open: .refused("All sockets are already enabled.\n")
                case .paused: .perform([.setFrontend(name, isOpen: true)])
                case .stopped: .refused("Frontend was previously shut down, cannot enable.\n")
                }
            }
        },
        Command(signature("disable", "reject new connections")) { input in
            answer(input) { name, state in
                switch state {
                case .open: .perform([.setFrontend(name, isOpen: false)])
                case .paused: .refused("All sockets are already disabled.\n")
                case .stopped: .refused("Frontend was previously shut down, cannot disable.\n")
                }
            }
        },
        Command(signature("shutdown", "close its port for good")) { input in
            answer(input) { name, state in
                guard state != .stopped else { return .refused("Frontend was already shut down.\n") }
                return .perform([.shutdownFrontend(name)])
            }
        },
        Command(Signature("set maxconn frontend", [.value("frontend"), .value("n")], "limit its connections", level: .admin)) { input in
            answer(input) { name, _ in
                guard let text = input.words.dropFirst().first, let limit = Int(text) else { return .refused("Integer value expected.\n") }
                guard (0...1_000_000).contains(limit) else { return .refused("Value out of range.\n") }
                return .perform([.setFrontendMaxconn(name, limit)])
            }
        },
    ]

    private static func signature(_ verb: String, _ summary: String) -> Signature {
        Signature("\(verb) frontend", [.value("frontend")], summary, level: .admin)
    }

    private static func answer(_ input: Input, _ body: (String, ListenerReport.State) -> Result) -> Result {
        guard let name = input.words.first else { return .refused("A frontend name is expected.\n") }
        guard let state = input.host.listenerState(name) else { return .refused("No such frontend.\n") }
        return body(name, state)
    }
}
