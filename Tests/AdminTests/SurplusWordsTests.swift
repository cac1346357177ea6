import Admin
import Testing

/// For every command, words that it does not accept are errors: nothing is done.
struct SurplusWordsTests {
    @Test(arguments: [
        ("drain server compilers/s1", "server"), ("drain proces", "proces"), ("drain process now", "now"), ("reload now please", "now"),
        ("clear counters al", "al"), ("clear counters all now", "now"), ("clear table compilers key web1.test web2.test", "web2.test"),
        ("set server compilers/s1 state drain now", "now"), ("set server compilers/s1 addr 192.0.2.9 prot 9140", "prot"),
        ("set server compilers/s1 addr 192.0.2.9 port 9140 now", "now"), ("set server compilers/s1 wieght 5", "wieght"),
        ("set weight compilers/s1 5 6", "6"), ("set maxconn global 5 6", "6"), ("set maxconn frontend agents 5 6", "6"),
        ("disable server compilers/s1 compilers/s2", "compilers/s2"), ("disable frontend agents now", "now"),
        ("shutdown sessions server compilers/s1 now", "now"), ("del server compilers/s1 now", "now"), ("user now", "now"),
        ("prompt i now", "now"), ("show stat compilers tpyed", "tpyed"), ("show stat compilers typed jsno", "jsno"),
        ("show info tpyed", "tpyed"), ("show servers state compilers now", "now"), ("show sess all now", "now"),
        ("show errors now", "now"), ("show cli level now", "now"), ("show ssl cert /tls/proxy.pem now", "now"),
        ("commit ssl cert /tls/proxy.pem now", "now"),
    ])
    func areNamed(_ line: String, _ word: String) {
        var host = FakeHost()
        let reply = answer(line, host: &host)
        #expect(reply.hasPrefix("Unexpected '\(word)': nothing was done. The command is:\n  "), "\(reply)")
        #expect(reply.split(separator: "\n").count == 2 && reply.hasSuffix("\n\n"))
        #expect(host.actions.isEmpty && host.inquiries.isEmpty)
    }

    /// The names of all commands, as `help` shows them, but for those that parse their words themselves.
    private static var commands: [String] {
        let names = answer("help").split(separator: "\n").dropFirst().map { line in
            line.prefix { !"<[:".contains($0) }.split(separator: " ").joined(separator: " ")
        }
        return names.filter { !["help", "explain", "add server"].contains($0) }
    }

    @Test func noCommandTakesEndlesslyMany() {
        #expect(Self.commands.count > 50)
        for name in Self.commands {
            var host = FakeHost()
            let reply = answer(name + String(repeating: " surplus", count: 12), host: &host)
            #expect(reply.hasPrefix("Unexpected 'surplus': nothing was done."), "\(name): \(reply)")
            #expect(host.actions.isEmpty && host.inquiries.isEmpty, "\(name)")
        }
    }

    @Test func theProcessDrainsByOneNameOrTheOther() {
        for line in ["drain", "drain process"] {
            var host = FakeHost()
            #expect(answer(line, host: &host) == "Draining began: 'drain process wait' reports its end.\n\n")
            #expect(host.actions == [.drain])
        }
    }

    @Test func helpShowsWhatBeginsSo() {
        #expect(
            answer("help set maxconn") == """
                The following commands are valid at this level:
                  set maxconn server <bk>/<srv> <n>       : limit its requests at a time
                  set maxconn global <n>                  : limit all connections of agents
                  set maxconn frontend <frontend> <n>     : limit its connections


                """)
        #expect(answer("help paint") == "Unknown command: 'paint'.\n\n")
        #expect(answer("help set server").contains("\n  set server <bk>/<srv> addr <ip> [port <port>]|state <ready|drain|maint>|"))
    }
}
