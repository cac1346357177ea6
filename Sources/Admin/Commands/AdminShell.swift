/// One conversation on the runtime socket, HAProxy's way (management guide, "Unix Socket commands"): lines in, answers out.
///
/// Not interactive: one line, each command's answer followed by an empty line, then the end. `prompt` makes it go on, with `> ` after
/// each answer; `quit` ends it. Lines and payloads are bounded. What commands do is in `AdminCommands`.
package struct AdminShell: Sendable {
    package enum Mode: Sendable { case once, interactive, prompt, timedPrompt }

    package private(set) var level: AdminLevel
    package private(set) var mode = Mode.once
    package private(set) var isEnded = false
    private var unread: [UInt8] = []
    /// The line's commands that are still to be run.
    private var commands: [[String]] = []
    /// Of the last of them.
    private var content: [UInt8]?
    private var pending: AdminLine?
    private var payload: [UInt8] = []
    private var hasAllInput = false
    /// What the conversation waits for: `answer` ends that.
    package private(set) var inquiry: AdminInquiry?
    private var finish: (@Sendable (AdminFinding) -> String)?

    /// Bytes of a line.
    package static let lineBound = 16 << 10
    /// Bytes of a payload: HAProxy's tune.cli.max-payload-size, but that who may set CRLs may send large ones: 300,000 entries.
    package var payloadBound: Int { level == .admin ? 16 << 20 : 128 << 10 }
    /// With so many bytes to send, no further command is begun.
    package static let outputBound = 1 << 20

    package init(level: AdminLevel) { self.level = level }

    /// Takes bytes as they come; gives what is to be sent. After `isEnded` the connection is closed once that is written.
    package mutating func take(_ bytes: some Sequence<UInt8>, host: inout some AdminHost) -> String {
        unread.append(contentsOf: bytes)
        return proceed(host: &host)
    }

    /// The other side will send nothing more: what stands without line end counts as a line.
    package mutating func finish(host: inout some AdminHost) -> String {
        if !unread.isEmpty, unread.last != 0x0A { unread.append(0x0A) }
        hasAllInput = true
        return proceed(host: &host)
    }

    /// Commands wait until what there was to send is sent: `proceed` goes on with them.
    package var hasMore: Bool { !isEnded && inquiry == nil && (!commands.isEmpty || unread.contains(0x0A)) }

    /// What the inquiry has found. Gives what is to be sent.
    package mutating func answer(_ finding: AdminFinding, host: inout some AdminHost) -> String {
        guard let finish else { return "" }
        self.finish = nil
        inquiry = nil
        return close(finish(finding), host) + proceed(host: &host)
    }

    package mutating func proceed(host: inout some AdminHost) -> String {
        var output = ""
        while !isEnded, inquiry == nil, output.utf8.count < Self.outputBound {
            if !commands.isEmpty {
                output += runNext(&host)
            } else if let line = nextLine() {
                output += take(line: line)
            } else {
                if unread.count > Self.lineBound {
                    output += "Command line too long.\n\n"
                    isEnded = true
                }
                if hasAllInput { isEnded = true }
                break
            }
        }
        return output
    }

    /// nil: none is whole and short enough.
    private mutating func nextLine() -> String? {
        guard let end = unread.firstIndex(of: 0x0A), end <= Self.lineBound else { return nil }
        var line = unread[..<end]
        if line.last == 0x0D { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        unread.removeFirst(end + 1)
        return text
    }

    private mutating func take(line: String) -> String {
        guard let waiting = pending else {
            let parsed = AdminLine(line)
            if parsed.payloadEnd == nil { commands = parsed.commands } else { pending = parsed }
            return payloadPrompt
        }
        if line == waiting.payloadEnd {
            pending = nil
            commands = waiting.commands
            content = payload
            payload = []
            return ""
        }
        guard payload.count + line.utf8.count < payloadBound else {
            isEnded = true
            return "Payload too large.\n\n"
        }
        payload += line.utf8
        payload.append(0x0A)
        return payloadPrompt
    }

    private var payloadPrompt: String { pending != nil && (mode == .prompt || mode == .timedPrompt) ? "+ " : "" }

    private mutating func runNext(_ host: inout some AdminHost) -> String {
        let words = commands.removeFirst()
        let isLast = commands.isEmpty
        if let answer = converse(words) { return isEnded ? answer : close(answer, host) }
        let given = isLast ? content : nil
        if isLast { content = nil }
        switch AdminCommands.run(words, payload: given, level: level, host: &host) {
        case .text(let answer): return close(answer, host)
        case .later(let inquiry, let finish):
            self.inquiry = inquiry
            self.finish = finish
            return ""
        }
    }

    /// What ends the answer of a command.
    private mutating func close(_ answer: String, _ host: some AdminHost) -> String {
        let isLast = commands.isEmpty
        if isLast, mode == .once { isEnded = true }
        return answer + (isLast && (mode == .prompt || mode == .timedPrompt) ? "\n" + prompt(host) : "\n")
    }

    private func prompt(_ host: some AdminHost) -> String {
        guard mode == .timedPrompt else { return "> " }
        let uptime = host.uptime
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
            return ""
        default: return nil
        }
    }
}
