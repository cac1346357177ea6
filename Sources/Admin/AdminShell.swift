/// One conversation on the runtime socket, HAProxy's way (management guide, "Unix Socket commands"): lines in, answers out.
///
/// Not interactive: one line, each command's answer followed by an empty line, then the end. `prompt` makes it go on, with `> ` after
/// each answer; `quit` ends it. Lines and payloads are bounded. What commands do is in `AdminCommands`.
package struct AdminShell: Sendable {
    package enum Mode: Sendable { case once, interactive, prompt, timedPrompt }

    package private(set) var level: AdminLevel
    package private(set) var mode = Mode.once
    package private(set) var isEnded = false
    private var severity = "none"
    private var pending: AdminLine?
    private var payload: [String] = []
    private var payloadBytes = 0
    private var input: [UInt8] = []
    private let startedAt: Int64

    /// Bytes of a line, and of a payload (HAProxy's tune.cli.max-payload-size).
    package static let lineBound = 16 << 10
    package static let payloadBound = 128 << 10

    /// - Parameter startedAt: of the process, seconds since 1970: for `prompt timed`
    package init(level: AdminLevel, startedAt: Int64 = 0) {
        self.level = level
        self.startedAt = startedAt
    }

    /// Takes bytes as they come; gives what is to be sent. After `isEnded` the connection is closed once that is written.
    package mutating func take(_ bytes: some Sequence<UInt8>, host: inout some AdminHost) -> String {
        var output = ""
        for byte in bytes where !isEnded {
            guard byte == 0x0A else {
                input.append(byte)
                if input.count > Self.lineBound {
                    output += "Command line too long.\n\n"
                    isEnded = true
                }
                continue
            }
            if input.last == 0x0D { input.removeLast() }
            let line = String(decoding: input, as: UTF8.self)
            input.removeAll(keepingCapacity: true)
            output += take(line: line, host: &host)
        }
        return output
    }

    /// The other side will send nothing more: what stands without line end counts as a line.
    package mutating func finish(host: inout some AdminHost) -> String {
        guard !isEnded else { return "" }
        defer { isEnded = true }
        guard !input.isEmpty else { return "" }
        let line = String(decoding: input, as: UTF8.self)
        input.removeAll()
        return take(line: line, host: &host)
    }

    private mutating func take(line: String, host: inout some AdminHost) -> String {
        if let waiting = pending {
            guard line != waiting.payloadEnd else {
                pending = nil
                let text = payload.joined(separator: "\n") + "\n"
                payload = []
                payloadBytes = 0
                return run(waiting, payload: text, host: &host)
            }
            payloadBytes += line.utf8.count + 1
            guard payloadBytes <= Self.payloadBound else {
                isEnded = true
                return "Payload too large.\n\n"
            }
            payload.append(line)
            return mode == .prompt || mode == .timedPrompt ? "+ " : ""
        }
        let parsed = AdminLine(line)
        guard parsed.payloadEnd == nil else {
            pending = parsed
            return mode == .prompt || mode == .timedPrompt ? "+ " : ""
        }
        return run(parsed, payload: nil, host: &host)
    }

    private mutating func run(_ line: AdminLine, payload: String?, host: inout some AdminHost) -> String {
        var output = ""
        for (number, words) in line.commands.enumerated() where !isEnded {
            let isLast = number == line.commands.count - 1
            if let answer = converse(words) {
                output += answer
            } else {
                output += AdminCommands.run(words, payload: isLast ? payload : nil, level: level, host: &host)
            }
            if isEnded { break }
            output += isLast && mode != .once && mode != .interactive ? "\n" + prompt(host) : "\n"
        }
        if mode == .once { isEnded = true }
        return output
    }

    private func prompt(_ host: some AdminHost) -> String {
        guard mode == .timedPrompt else { return "> " }
        let uptime = host.report().process.uptime
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "[\(uptime / 86_400):\(two(uptime / 3_600 % 24)):\(two(uptime / 60 % 60)):\(two(uptime % 60))]> "
    }

    /// Commands about the conversation itself; nil: it is none.
    private mutating func converse(_ words: [String]) -> String? {
        switch words.first {
        case "prompt":
            switch words.dropFirst().first {
            case nil: mode = mode == .prompt ? .once : .prompt
            case "i": mode = .interactive
            case "n": mode = .once
            case "p": mode = .prompt
            case "timed": mode = .timedPrompt
            default: return "'prompt' expects 'n', 'i', 'p' or 'timed'.\n"
            }
            return ""
        case "quit":
            isEnded = true
            return ""
        case "user", "operator":
            let wanted: AdminLevel = words[0] == "user" ? .user : .operator
            guard level >= wanted else { return "Permission denied\n" }
            level = wanted
            return ""
        case "show" where words.dropFirst().elementsEqual(["cli", "level"]): return level.name + "\n"
        case "set" where words.dropFirst().starts(with: ["timeout", "cli"]): return ""
        case "set" where words.dropFirst().starts(with: ["severity-output"]):
            guard words.count == 3, ["none", "number", "string"].contains(words[2]) else {
                return "one of 'none', 'number', 'string' is a required argument\n"
            }
            severity = words[2]
            return ""
        default: return nil
        }
    }
}
