import Admin
import Testing

struct CommandTests {
    @Test(arguments: [
        ("enable server compilers/s1", AdminAction.setState(.s1, .ready)),
        ("disable server compilers/s1", .setState(.s1, .maint)),
        ("set server compilers/s1 state drain", .setState(.s1, .drain)),
        ("set server compilers/s1 health down", .setHealth(.s1, isUp: false)),
        ("set server compilers/s1 health stopping", .setState(.s1, .drain)),
        ("set server compilers/s1 agent down", .setAgentHealth(.s1, isUp: false)),
        ("set server compilers/s1 weight 50%", .setWeight(.s1, .percent(50))),
        ("set weight compilers/s1 256", .setWeight(.s1, .absolute(256))),
        ("set maxconn server compilers/s1 3", .setMaxconn(.s1, 3)),
        ("set maxconn global 300", .setProcessMaxconn(300)),
        ("set maxconn frontend agents 300", .setFrontendMaxconn("agents", 300)),
        ("disable frontend agents", .setFrontend("agents", isOpen: false)),
        ("shutdown frontend agents", .shutdownFrontend("agents")),
        ("disable health compilers/s1", .setChecks(.s1, isEnabled: false)),
        ("enable agent compilers/s1", .setAgentChecks(.s1, isEnabled: true)),
        ("shutdown sessions server compilers/s1", .shutdownSessions(.s1)),
        ("set table compilers key web1.test data.server_key s2", .setStick(pool: "compilers", key: "web1.test", server: "s2")),
        ("set table compilers key web1.test data.server_id 2", .setStick(pool: "compilers", key: "web1.test", server: "s2")),
        ("clear table compilers", .clearSticks(pool: "compilers", key: nil)),
        ("clear table compilers key web1.test", .clearSticks(pool: "compilers", key: "web1.test")),
        ("clear counters", .clearCounters(all: false)),
        ("clear counters all", .clearCounters(all: true)),
        ("set server compilers/s1 state maint", .setState(.s1, .maint)),
    ])
    func aChangeIsMadeAndRepliedToWithAnEmptyLine(_ line: String, _ action: AdminAction) {
        var host = FakeHost()
        #expect(answer(line, host: &host) == "\n")
        #expect(host.actions == [action])
    }

    @Test func serversAreAddedAndRemovedInHAProxysWords() {
        var host = FakeHost()
        #expect(answer("add server compilers/s3 192.0.2.3:8140 weight 7 backup", host: &host) == "New server registered.\n\n")
        #expect(answer("del server compilers/s1", host: &host) == "Server deleted.\n\n")
        let added = AdminAction.addServer(
            .init(pool: "compilers", server: "s3"), address: "192.0.2.3:8140", options: ["weight": "7", "backup": ""])
        #expect(host.actions == [added, .removeServer(.s1)])
    }

    @Test(
        arguments: [
            ("192.0.2.9 port 9140", "IP changed from '192.0.2.1' to '192.0.2.9', port changed from '8140' to '9140'", "192.0.2.9", 9140),
            ("192.0.2.1 port 9140", "no need to change the addr, port changed from '8140' to '9140'", "192.0.2.1", 9140),
            ("192.0.2.9 port 8140", "IP changed from '192.0.2.1' to '192.0.2.9', no need to change the port", "192.0.2.9", nil),
            ("2001:db8::1", "IP changed from '192.0.2.1' to '2001:db8::1'", "2001:db8::1", nil),
        ] as [(String, String, String, UInt16?)])
    func anAddressThatChangesIsReported(_ words: String, _ text: String, _ address: String, _ port: UInt16?) {
        var host = FakeHost()
        #expect(answer("set server compilers/s1 addr \(words)", host: &host) == "\(text) by 'stats socket command'\n\n")
        #expect(host.actions == [.setAddress(.s1, host: address, port: port)])
    }

    @Test(arguments: [
        ("disable server compilers/s1", AdminLevel.operator), ("set weight compilers/s1 1", .operator),
        ("set server compilers/s1 state maint", .operator), ("set maxconn global 5", .operator), ("clear counters all", .operator),
        ("add server compilers/s3 192.0.2.3:8140", .operator), ("reload", .operator), ("drain", .operator), ("clear counters", .user),
        ("disable frontend agents", .operator), ("shutdown frontend agents", .operator), ("set maxconn frontend agents 5", .operator),
        ("clear table compilers", .user), ("set table compilers key k data.server_key s1", .user), ("operator", .user),
    ])
    func aLowerLevelIsDenied(_ line: String, _ level: AdminLevel) {
        var host = FakeHost()
        #expect(answer(line, level: level, host: &host) == "Permission denied\n\n")
        #expect(host.actions.isEmpty)
    }

    @Test func theLevelIsLoweredForTheConversation() {
        #expect(answer("show cli level; user; show cli level; clear counters") == "admin\n\n\nuser\n\nPermission denied\n\n")
    }

    @Test func whatIsThereIsShown() {
        #expect(answer("get weight compilers/s1") == "5 (initial 5)\n\n")
        #expect(answer("show backend") == "# name\ncompilers\nempty\n\n")
        #expect(answer("show table") == "# table: compilers, type: string, size:100, used:1\n\n")
        #expect(
            answer("show table compilers key web1.test")
                == "# table: compilers, type: string, size:100, used:1\n"
                + "0x1: key=web1.test use=0 exp=4200 shard=0 server_id=1 server_key=s1\n\n")
        #expect(answer("explain GET /a\\ b") == "explained GET|/a b\n\n")
        let info = answer("show info")
        for key in [
            "Name", "Version", "Release_date", "Nbproc", "Process_num", "Pid", "Uptime", "Maxconn", "CurrConns", "Maxpipes", "PipesUsed",
            "Tasks", "Run_queue", "node",
        ] {
            #expect(info.contains("\n\(key): ") || info.hasPrefix("\(key): "), "HATop needs \(key)")
        }
        #expect(info.contains("\nUptime: 1d 2h03m04s\n"))
        #expect(info.hasPrefix("Name: HAProxy\nVersion: 2.6-puppetfront-1.2.3\n"), "haproxyadmin and Ansible go by it")
    }

    @Test func serversStateHas25FieldsALine() {
        let lines = answer("show servers state").split(separator: "\n")
        #expect(lines.first == "1")
        #expect(lines.dropFirst().map { $0.drop { $0 == "#" }.split(separator: " ").count } == [25, 25, 25])
        #expect(lines[2].hasPrefix("2 compilers 1 s1 192.0.2.1 2 0 5 5 "))
    }
}
