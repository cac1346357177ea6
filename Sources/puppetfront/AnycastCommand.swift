import ArgumentParser
import Engine
import Glibc

/// Helpers of `anycast`: what runs next to the service. Operators need `withdraw` and `exabgp`.
struct AnycastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anycast",
        abstract: "Withdraw the service address, or feed ExaBGP.",
        subcommands: [Withdraw.self, ExaBGP.self, Guard.self])

    /// For ExecStopPost of systemd.
    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "withdraw", abstract: "Withdraw what this site's configuration announces, without the service.")

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            guard let settings = options.load(checkFiles: false).settings else { throw Exit.wrong }
            guard let anycast = settings.ownAnycast else { return }
            let fault: String? =
                switch anycast.via {
                case .bird(let socket, let protocols, let unfit): AnycastWithdrawal.bird(socket, protocols + unfit)
                case .command(let program): AnycastWithdrawal.command(program)
                case .exabgp: nil
                }
            if let fault {
                Output.error("error: \(fault)")
                throw Exit.failed
            }
        }
    }

    /// Started by ExaBGP (`process … { run … }`), which reads what it prints.
    struct ExaBGP: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exabgp", abstract: "Print announce and withdraw lines for ExaBGP, as the running instance says.",
            discussion: "No instance that replies counts as withdrawn. ExaBGP starts it; it ends when ExaBGP does.")

        @Option(name: .long, help: "The runtime socket.") var socket = "/run/puppetfront/admin.sock"
        @Option(name: .long, help: "An address with its prefix length; may be repeated.") var prefix: [String]
        @Option(name: .long, help: "MED while announced.") var med = 100
        @Option(name: .long, help: "MED while unfit.") var unfitMed = 1000
        @Option(name: .long, help: "A community, as 64512:100; may be repeated.") var community: [String] = []

        func run() throws {
            signal(SIGPIPE, SIG_DFL)
            var feed = ExaBGPFeed(prefixes: prefix, med: med, unfitMED: unfitMed, communities: community)
            while true {
                let replies = try? RuntimeSocketClient.ask(socket, "show anycast state")
                for line in feed.lines(replies?.first.flatMap { $0.status == .done ? $0.text : nil }) {
                    let bytes = Array("\(line)\n".utf8)
                    guard write(1, bytes, bytes.count) == bytes.count else { return }
                }
                // ExaBGP acknowledges each line, and its end closes the pipe.
                var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
                guard poll(&input, 1, 100) > 0 else { continue }
                var bytes = [UInt8](repeating: 0, count: 4096)
                if read(0, &bytes, bytes.count) == 0 { return }
            }
        }
    }

    /// Started by the service itself.
    struct Guard: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "guard", abstract: "Withdraw when the service ends without a farewell on standard input.", shouldDisplay: false)

        @Option(name: .long) var bird: String?
        @Option(name: .long, parsing: .singleValue) var `protocol`: [String] = []
        @Option(name: .long) var command: String?

        func run() throws {
            for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
            var said: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 64)
            while true {
                let count = read(0, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                said = Array((said + bytes[..<count]).suffix(64))
            }
            guard said != Array("bye\n".utf8) else { return }
            if let bird, let fault = AnycastWithdrawal.bird(bird, self.protocol) { Output.error("anycast guard: \(fault)") }
            if let command, let fault = AnycastWithdrawal.command(command) { Output.error("anycast guard: \(fault)") }
        }
    }
}
