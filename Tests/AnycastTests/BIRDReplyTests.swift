import Anycast
import Settings
import Testing

@Suite struct BIRDReplyTests {
    private let welcome = "0001 BIRD 2.0.12 ready.\n"
    private let shown = """
        2002-Name       Proto      Table      State  Since         Info
        1002-anycast4   Static     master4    up     06:55:01.123  \n0000 \n
        """

    @Test func readsRepliesByteByByte() throws {
        var reader = BIRDReplyReader()
        var replies: [BIRDReply] = []
        for byte in (welcome + shown).utf8 { replies += try reader.receive([byte]) }
        #expect(replies.count == 2)
        #expect(replies.first?.code == 1)
        #expect(replies.last?.isProtocolOn("anycast4") == true)
        #expect(replies.last?.isProtocolOn("anycast6") == nil)
    }

    @Test func knowsStates() throws {
        for (state, isOn) in [("up", true), ("start", true), ("down", false), ("stop", false)] {
            var reader = BIRDReplyReader()
            let replies = try reader.receive("1002-last4 Static master4 \(state) 06:55\n0000 \n".utf8)
            #expect(replies.first?.isProtocolOn("last4") == isOn)
        }
    }

    @Test func knowsErrorsAndContinuedLines() throws {
        var reader = BIRDReplyReader()
        let text = "0010-anycast4: already enabled\n 0 more\n0000 \n8003 No protocols match\n9001 syntax error\n"
        let replies = try reader.receive(text.utf8)
        #expect(replies.map(\.isError) == [false, true, true])
        #expect(replies[1].errorText == "No protocols match")
        #expect(replies[0].lines.map(\.code) == [10, 10, 0])
    }

    @Test(arguments: ["garbage\n", "12\n", " continued\n", "00x1 word\n", "\n", "0001\n"])
    func refusesGarbage(_ text: String) {
        var reader = BIRDReplyReader()
        #expect(throws: BIRDReplyReader.Fault.noReply) { try reader.receive(text.utf8) }
    }

    @Test func isBounded() {
        var reader = BIRDReplyReader()
        #expect(throws: BIRDReplyReader.Fault.lineTooLong) { try reader.receive([UInt8](repeating: 0x41, count: 5000)) }
        var other = BIRDReplyReader()
        #expect(throws: BIRDReplyReader.Fault.replyTooLong) {
            try other.receive(String(repeating: "1002-a Static t up\n", count: 300).utf8)
        }
    }

    @Test func newRouteComesBeforeOldOneGoes() {
        func commands(_ state: AnycastState) -> [String] {
            BIRDPlan(state, protocols: ["a4"], unfitProtocols: ["l4"]).steps.map { String($0.command.dropLast()) }
        }
        #expect(commands(.announced) == ["enable a4", "disable l4"])
        #expect(commands(.unfit) == ["enable l4", "disable a4"])
        #expect(commands(.withdrawn) == ["disable a4", "disable l4"])
    }

    @Test func tellsExaBGPWhatChanged() {
        var routes = RouteLines(prefixes: ["192.0.2.53/32"])
        routes.communities = ["64512:100"]
        #expect(
            routes.lines(from: nil, to: .announced) == ["announce route 192.0.2.53/32 next-hop self med 100 community [ 64512:100 ]"])
        #expect(
            routes.lines(from: .announced, to: .unfit) == ["announce route 192.0.2.53/32 next-hop self med 1000 community [ 64512:100 ]"])
        #expect(routes.lines(from: .unfit, to: .withdrawn) == ["withdraw route 192.0.2.53/32 next-hop self"])
        #expect(routes.lines(from: .withdrawn, to: .withdrawn).isEmpty)
        #expect(routes.lines(from: nil, to: .withdrawn).isEmpty)
    }
}
