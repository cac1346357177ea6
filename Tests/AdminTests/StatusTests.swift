import Admin
import Testing

/// After `_status` each reply shows whether anything was done, as `puppetfront ctl` needs it.
struct StatusTests {
    private func reply(_ line: String, level: AdminLevel = .admin, host: FakeHost = FakeHost()) -> String {
        var (shell, host) = (AdminShell(level: level), host)
        var text = shell.take("_status\n\(line)\n".utf8, host: &host)
        while shell.inquiry != nil { text += shell.answer(host.finding, host: &host) }
        #expect(shell.isEnded)
        return text
    }

    @Test(arguments: [
        ("show version", "done 6\n1.2.3\n"), ("clear counters", "done 0\n"), ("quit", "done 0\n"), ("user", "done 0\n"),
        ("show version; get weight compilers/s9;show cli level", "done 6\n1.2.3\nrefused 16\nNo such server.\ndone 6\nadmin\n"),
        ("set weight compilers/s1 many", "refused 48\nEmpty weight string empty or preceded by garbage"),
        ("explain GET /é", "done 18\nexplained GET|/é\n"),
        ("set server compilers/s1 addr 192.0.2.1", "done 53\nno need to change the addr by 'stats socket command'\n"),
    ])
    func isReportedWithTheLengthOfTheText(_ line: String, _ expected: String) { #expect(reply(line) == expected) }

    @Test(arguments: [
        "paint", "", "get weight nowhere/s1", "enable server s1", "set server compilers/s1 state darin", "drain server compilers/s1",
        "enable frontend agents", "disable frontend nowhere", "set maxconn global x", "show stat nowhere", "show servers state nowhere",
        "show servers conn nowhere", "show table nowhere", "clear table nowhere", "set table compilers key k data.server_id 9",
        "show sess 0x1", "show sess x", "shutdown session 0x1", "shutdown session x", "show ssl cert nowhere", "set ssl cert nowhere",
        "commit ssl cert /tls/proxy.pem", "abort ssl cert /tls/proxy.pem", "enable agent compilers/s2", "add server s3", "explain",
        "prompt x", "set severity-output loud", "help paint", "add server compilers/s3 192.0.2.3:8140 colour red",
    ])
    func whatWasNotDoneIsRefused(_ line: String) {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        var text = shell.take("_status\n\(line)\n".utf8, host: &host)
        while shell.inquiry != nil { text += shell.answer(host.finding, host: &host) }
        #expect(text.hasPrefix("refused "), "\(text)")
        #expect(host.actions.isEmpty)
    }

    @Test func theServicesRefusalsCountToo() {
        var host = FakeHost()
        host.outcome = .refused("Another instance has taken over.")
        for line in [
            "drain", "disable server compilers/s1", "del server compilers/s1", "clear counters",
            "add server compilers/s3 192.0.2.3:1",
        ] {
            #expect(reply(line, host: host) == "refused 33\nAnother instance has taken over.\n")
        }
        #expect(reply("disable server compilers/s1", level: .operator) == "refused 18\nPermission denied\n")
        host.finding = .outcome(.refused("no"))
        #expect(reply("reload", host: host) == "failed 53\nReload refused: the configuration in force stays.\nno\n")
        host.staged[.certificate] = MaterialReport(file: "/tls/proxy.pem", count: 1)
        #expect(reply("commit ssl cert /tls/proxy.pem", host: host).hasPrefix("refused "))
        host.finding = .outcome(.done)
        #expect(reply("commit ssl cert /tls/proxy.pem", host: host).hasPrefix("done "))
    }

    @Test func whatIsTooLongIsRefused() {
        var (shell, host) = (AdminShell(level: .user), FakeHost())
        let line = String(repeating: "x", count: AdminShell.lineBound + 1)
        #expect(shell.take("_status\n\(line)".utf8, host: &host) == "refused 23\nCommand line too long.\n")
        #expect(shell.isEnded)
    }

    /// A payload belongs to its own line's command.
    @Test func aPayloadIsNotKeptForTheNextLine() {
        var (shell, host) = (AdminShell(level: .admin), FakeHost())
        _ = shell.take("prompt i\n".utf8, host: &host)
        #expect(shell.take("show cli level <<\ntext\n\n".utf8, host: &host) == "admin\n\n")
        let reply = shell.take("set ssl cert /tls/proxy.pem\n".utf8, host: &host)
        #expect(reply == "'set ssl cert expects a filename and a certificate as a payload\n\n", "\(reply)")
    }
}
