import Admin
import Testing

/// Lines, prompts, payloads and their bounds.
struct ConversationTests {
    @Test func oneLineGetsItsReplyAndTheConversationEnds() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        #expect(shell.take("show version\nshow backend\n".utf8, host: &host) == "1.2.3\n\n")
        #expect(shell.isEnded)
    }

    @Test(arguments: [
        ("show version;show version", "1.2.3\n\n1.2.3\n\n"),
        (" show  version ; ; show\tversion;", "1.2.3\n\n1.2.3\n\n"),
        ("show version\r", "1.2.3\n\n"),
        ("explain a\\;b c\\\\d e\\ f", "explained a;b|c\\d|e f\n\n"),
    ])
    func semicolonsPartCommandsUnlessEscaped(_ line: String, _ text: String) {
        #expect(answer(line) == text)
    }

    @Test func aLineMayComeInPiecesAndEndWithoutLineEnd() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        var text = ""
        for byte in "show version".utf8 { text += shell.take([byte], host: &host) }
        #expect(text.isEmpty && !shell.isEnded)
        #expect(shell.finish(host: &host) == "1.2.3\n\n")
        #expect(shell.isEnded)
    }

    @Test func thePromptContinuesUntilQuit() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        #expect(shell.take("prompt\n".utf8, host: &host) == "\n> ")
        #expect(shell.take("show version\n".utf8, host: &host) == "1.2.3\n\n> ")
        #expect(shell.take("show version;show version\n".utf8, host: &host) == "1.2.3\n\n1.2.3\n\n> ", "one prompt a line")
        #expect(shell.take("disable server compilers/s1\n".utf8, host: &host) == "\n> ")
        #expect(!shell.isEnded)
        #expect(shell.take("quit\nshow version\n".utf8, host: &host) == "")
        #expect(shell.isEnded)
    }

    @Test func otherModesGoOnWithoutPromptOrWithTheTime() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        #expect(shell.take("prompt i\nshow version\n".utf8, host: &host) == "\n1.2.3\n\n")
        #expect(shell.take("prompt timed\n".utf8, host: &host) == "\n[1:02:03:04]> ")
        #expect(shell.take("prompt n\n".utf8, host: &host) == "\n")
        #expect(shell.isEnded)
    }

    @Test func payloadsEndWithAnEmptyLineOrTheirWord() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        _ = shell.take("prompt\n".utf8, host: &host)
        #expect(shell.take("show version <<\n".utf8, host: &host) == "+ ")
        #expect(shell.take("text\n".utf8, host: &host) == "+ ")
        #expect(shell.take("\n".utf8, host: &host) == "1.2.3\n\n> ")
        #expect(shell.take("show version <<END\n\nquit\nEND\n".utf8, host: &host) == "+ + + 1.2.3\n\n> ")
    }

    @Test func laterLinesWaitForAReplyThatIsFoundLater() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        _ = shell.take("prompt\n".utf8, host: &host)
        #expect(shell.take("show version; show sess; show version\nshow version\n".utf8, host: &host) == "1.2.3\n\n")
        #expect(shell.inquiry != nil)
        #expect(!shell.hasMore)
        #expect(shell.proceed(host: &host) == "")
        #expect(shell.answer(.sessions(SessionList()), host: &host) == "\n1.2.3\n\n> 1.2.3\n\n> ")
        #expect(shell.inquiry == nil)
    }

    @Test func aPayloadIsBounded() {
        var (shell, host) = (AdminShell(level: .operator), FakeHost())
        let line = String(repeating: "x", count: 1023) + "\n"
        #expect(shell.payloadBound == 128 << 10)
        #expect(AdminShell(level: .admin).payloadBound == 16 << 20, "a CRL may be large")
        #expect(shell.take("show version <<\n".utf8, host: &host) == "")
        for _ in 0..<shell.payloadBound / 1024 { #expect(shell.take(line.utf8, host: &host) == "") }
        #expect(!shell.isEnded)
        #expect(shell.take(line.utf8, host: &host) == "Payload too large.\n\n")
        #expect(shell.isEnded)
    }

    @Test func aLineIsBounded() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        let longest = "explain " + String(repeating: "x", count: AdminShell.lineBound - 8)
        #expect(shell.take("\(longest)\n".utf8, host: &host).hasPrefix("explained x"))
        for end in ["", "\n"] {
            var shell = AdminShell(level: .admin)
            #expect(shell.take("\(longest)x\(end)".utf8, host: &host) == "Command line too long.\n\n")
            #expect(shell.isEnded)
        }
    }

    @Test func commandsWaitWhileMuchIsToBeSent() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        for number in 0..<10_000 {
            var stick = StickReport()
            stick.key = "agent\(number).test"
            host.sticks.append(stick)
        }
        let line = Array(repeating: "show table compilers", count: 20).joined(separator: ";")
        var (length, pieces) = (0, 0)
        var text = shell.take("\(line)\n".utf8, host: &host)
        while true {
            #expect(text.utf8.count < 2 * AdminShell.outputBound)
            length += text.utf8.count
            pieces += 1
            guard shell.hasMore else { break }
            text = shell.proceed(host: &host)
        }
        #expect(pieces > 1 && length == 20 * answer("show table compilers", host: host).utf8.count)
        #expect(shell.isEnded)
    }

    @Test func bytesThatAreNoTextDoNoHarm() {
        #expect(answer("").utf8.count > 2)
        var (shell, host) = (AdminShell(level: .user), FakeHost())
        #expect(shell.take([0xFF, 0x00, 0x5C, 0x0A], host: &host).hasPrefix("Unknown command: '"))
    }
}
