/// One conversation on the runtime socket, HAProxy's way (management guide, "Unix Socket commands"): lines in, replies out.
///
/// Not interactive: one line, each command's reply followed by an empty line, then the end. `prompt` makes it go on, with `> ` after
/// each reply; `quit` ends it. Lines and payloads are bounded. What commands do is in `AdminCommands`.
///
/// After `_status`, which `puppetfront ctl` sends first, each reply is instead `STATUS BYTES` and a line end, then as many bytes of text
/// (`AdminReply.Status`): HAProxy's texts alone do not show whether anything was done.
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
    /// `_status` was given.
    private var reportsStatus = false
    /// What the conversation waits for: `answer` ends that.
    package private(set) var inquiry: AdminInquiry?
    private var finish: (@Sendable (AdminFinding) -> AdminReply)?

    /// Bytes of a line.
    package static let lineBound = 16 << 10
    /// Bytes of a payload: HAProxy's tune.cli.max-payload-size, but at level admin large enough for a CRL of 300,000 entries.
    package var payloadBound: Int { level == .admin ? 16 << 20 : 128 << 10 }
    /// With this many bytes to send, no further command is begun.
    package static let outputBound = 1 << 20

    package init(level: AdminLevel) { self.level = level }

    /// Bytes of unread input and of the payload, until its command is done.
    package var heldByteCount: Int {
        let staged = if case .stage(_, _, let pem) = inquiry { pem.capacity } else { 0 }
        return unread.capacity + payload.capacity + (content?.capacity ?? 0) + staged
    }

    /// Takes bytes as they come; gives what is to be sent. After `isEnded` the connection is closed once that is written.
    package mutating func take(_ bytes: some Sequence<UInt8>, host: inout some AdminHost) -> String {
        unread.append(contentsOf: bytes)
        return proceed(host: &host)
    }

    /// The client will send nothing more: what comes without line end counts as a line.
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
                    output += reject("Command line too long.\n")
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
            return reject("Payload too large.\n")
        }
        payload += line.utf8
        payload.append(0x0A)
        return payloadPrompt
    }

    private var payloadPrompt: String { pending != nil && (mode == .prompt || mode == .timedPrompt) ? "+ " : "" }

    private mutating func runNext(_ host: inout some AdminHost) -> String {
        let words = commands.removeFirst()
        let isLast = commands.isEmpty
        let given = isLast ? content : nil
        if isLast { content = nil }
        if words == ["_status"] {
            reportsStatus = true
            return ""
        }
        let signature: AdminCommands.Signature
        switch AdminCommands.signature(of: words, level: level) {
        case .success(let found): signature = found
        case .failure(let reply): return close(reply, host)
        }
        if let reply = converse(words) {
            // `quit` gets no empty line as its reply.
            return isEnded && !reportsStatus ? reply.text : close(reply, host)
        }
        switch AdminCommands.run(signature, words, payload: given, host: &host) {
        case .reply(let reply): return close(reply, host)
        case .later(let inquiry, let finish):
            self.inquiry = inquiry
            self.finish = finish
            return ""
        }
    }

    /// The reply to a command, with what ends it.
    private mutating func close(_ reply: AdminReply, _ host: some AdminHost) -> String {
        let isLast = commands.isEmpty
        if isLast, mode == .once { isEnded = true }
        if reportsStatus { return framed(reply) }
        return reply.text + (isLast && (mode == .prompt || mode == .timedPrompt) ? "\n" + prompt(host) : "\n")
    }

    /// Ends the conversation.
    package mutating func reject(_ text: String) -> String {
        isEnded = true
        return reportsStatus ? framed(.refused(text)) : text + "\n"
    }

    private func framed(_ reply: AdminReply) -> String { "\(reply.status.rawValue) \(reply.text.utf8.count)\n\(reply.text)" }

    private func prompt(_ host: some AdminHost) -> String {
        guard mode == .timedPrompt else { return "> " }
        let uptime = host.uptime
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "[\(uptime / 86_400):\(two(uptime / 3_600 % 24)):\(two(uptime / 60 % 60)):\(two(uptime % 60))]> "
    }

    /// Commands about the conversation itself (`ConversationCommands`); nil: it is none.
    private mutating func converse(_ words: [String]) -> AdminReply? {
        switch words.first {
        case "help":
            let found = AdminCommands.help(Array(words.dropFirst()), level)
            guard !found.isEmpty else { return .refused("Unknown command: '\(words.dropFirst().joined(separator: " "))'.\n") }
            return .done("The following commands are valid at this level:\n" + found)
        case "prompt": return setMode(words.dropFirst().first)
        case "quit":
            isEnded = true
            return .done()
        case "user", "operator":
            let wanted: AdminLevel = words[0] == "user" ? .user : .operator
            guard level >= wanted else { return .refused("Permission denied\n") }
            level = wanted
            return .done()
        case "show" where words.dropFirst().elementsEqual(["cli", "level"]): return .done(level.name + "\n")
        case "set" where words.dropFirst().starts(with: ["timeout", "cli"]): return .done()
        case "set" where words.dropFirst().starts(with: ["severity-output"]):
            guard words.count == 3, ["none", "number", "string"].contains(words[2]) else {
                return .refused("one of 'none', 'number', 'string' is a required argument\n")
            }
            return .done()
        default: return nil
        }
    }

    private mutating func setMode(_ word: String?) -> AdminReply {
        switch word {
        case nil: mode = mode == .prompt ? .once : .prompt
        case "i": mode = .interactive
        case "n": mode = .once
        case "p": mode = .prompt
        case "timed": mode = .timedPrompt
        default: return .refused("'prompt' expects 'n', 'i', 'p' or 'timed'.\n")
        }
        return .done()
    }
}
