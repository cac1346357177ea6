import Balancing
import Testing

/// HAProxy 2.6 gave the same for every line here, except where a comment notes it.
struct AgentReplyTests {
    private static func parse(_ text: String) -> AgentReply? { AgentReply(line: Array(text.utf8).span) }

    private static func reply(_ change: (inout AgentReply) -> Void) -> AgentReply {
        var reply = AgentReply()
        change(&reply)
        return reply
    }

    static let lines: [(String, AgentReply)] = [
        ("up", reply { ($0.health, $0.description) = (.up, "up") }),
        ("down", reply { ($0.health, $0.description) = (.down, "down") }),
        ("DOWN", reply { ($0.health, $0.description) = (.down, "down") }),
        ("fail # x", reply { ($0.health, $0.description) = (.down, "fail (x)") }),
        ("stopped #", reply { ($0.health, $0.description) = (.down, "stopped") }),
        ("down #why it is, 50% so", reply { ($0.health, $0.description) = (.down, "down (why it is, 50% so)") }),
        // HAProxy's documentation; 2.6 wants a blank before the sharp.
        ("down#why", reply { ($0.health, $0.description) = (.down, "down (why)") }),
        ("ready", reply { $0.admin = .ready }),
        ("drain #70%", reply { $0.admin = .drain }),
        ("Maint", reply { $0.admin = .maint }),
        ("75%", reply { $0.weightPercent = 75 }),
        ("0%", reply { $0.weightPercent = 0 }),
        ("600%", reply { $0.weightPercent = 600 }),
        ("99999999999999999999%", reply { $0.weightPercent = 25600 }),
        // Newer than 2.6.
        ("weight:20%", reply { $0.weightPercent = 20 }),
        ("weight:20", reply { $0.weight = 20 }),
        ("20% weight:30", reply { $0.weight = 30 }),
        ("weight:30 20%", reply { $0.weightPercent = 20 }),
        ("maxconn:30", reply { $0.maxconn = 30 }),
        ("MAXCONN:9", reply { $0.maxconn = 9 }),
        ("maxconn:0", reply { $0.maxconn = 0 }),
        // HAProxy takes the number's last 32 bits.
        ("maxconn:99999999999", reply { $0.maxconn = 1_000_000 }),
        (
            "drain,50%\tup maxconn:3",
            reply { ($0.admin, $0.weightPercent, $0.health, $0.description, $0.maxconn) = (.drain, 50, .up, "up", 3) }
        ),
        ("up,down", reply { ($0.health, $0.description) = (.down, "down") }),
        ("down up # it is", reply { ($0.health, $0.description) = (.up, "up (it is)") }),
        ("ready drain", reply { $0.admin = .drain }),
        ("hello 60% wörld", reply { $0.weightPercent = 60 }),
        // HAProxy reads only the last word with a %, and finds it wrong.
        ("50% 75%x", reply { $0.weightPercent = 50 }),
    ]

    @Test(arguments: lines) func everyWordIsUnderstood(line: String, reply: AgentReply) {
        #expect(Self.parse(line) == reply)
    }

    @Test(arguments: [
        "", " ,\t,", "hello", "#down", "# up 50%", "30", "-5%", "+5%", "75.5%", "%", "75%x", "weight:", "weight:%", "weight:257",
        "weight:-1",
        "weight:5x", "maxconn:", "maxconn:-5", "maxconn:7x", "maxconn: 7", "upp", "down:", "ready;up", "ready\u{0}", "\u{1B}[2J",
    ])
    func whatIsNotUnderstoodIsNoReply(line: String) {
        #expect(Self.parse(line) == nil)
    }

    @Test func anAgentCannotForgeALogLine() throws {
        let reply = try #require(Self.parse("fail # \u{1B}[2J\"\u{0}é\u{7F}" + String(repeating: "x", count: 900)))
        #expect(reply.description.hasPrefix("fail (.[2J'....xxx"))
        #expect(reply.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 })
        #expect(reply.description.utf8.count < 220)
    }

    @Test(arguments: lines.map(\.0)) func noByteMakesItTrap(line: String) {
        for place in line.utf8.indices {
            for byte in [0x00, 0x0A, 0x20, 0x23, 0x25, 0x39, 0x7F, 0x80, 0xC3, 0xFF] as [UInt8] {
                var bytes = Array(line.utf8)
                bytes[line.utf8.distance(from: line.utf8.startIndex, to: place)] = byte
                guard let reply = AgentReply(line: bytes.span) else { continue }
                #expect((0...25600).contains(reply.weightPercent ?? 0) && (0...256).contains(reply.weight ?? 0), "\(bytes)")
                #expect((0...1_000_000).contains(reply.maxconn ?? 0), "\(bytes)")
            }
        }
    }
}
