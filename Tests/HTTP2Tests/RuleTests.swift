import Testing

/// The table over RFC 9113: each case ends as the RFC says, however its bytes are split, and rejected messages cause no event.
@Suite struct RuleTests {
    @Test func tableIsLargeAndItsNamesDiffer() {
        let names = (MessageRules.all + FrameRules.all).map(\.name)
        #expect(names.count >= 150)
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: MessageRules.all) func judgesMessages(rule: RuleCase) { judge(rule) }
    @Test(arguments: FrameRules.all) func judgesFrames(rule: RuleCase) { judge(rule) }

    private func judge(_ rule: RuleCase) {
        for step in [Int.max, 1, 7] {
            let probe = SessionProbe()
            probe.feed(rule.bytes, step: step)
            #expect(probe.outcome == rule.outcome, "\(rule.name), in steps of \(step)")
            if rule.hidesHead { #expect(probe.heads[1] == nil, "\(rule.name)") }
            // A stream error is the stream's alone.
            if case .connection = rule.outcome { continue }
            guard case .stream = rule.outcome else { continue }
            probe.forgetSent()
            probe.feed(.get(9))
            #expect(probe.heads[9] != nil && probe.outcome == .accepted, "\(rule.name): the next stream")
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", "\u{16}\u{3}\u{1}"])
    func refusesOtherPrefaces(text: String) {
        let probe = SessionProbe(greets: false)
        probe.feed(Array(text.utf8) + [UInt8](repeating: 0, count: 24))
        #expect(probe.outcome == .connection(.protocolError))
        #expect(probe.session.failure != nil)
    }

    @Test func wantsSettingsAfterThePreface() {
        let probe = SessionProbe(greets: false)
        probe.feed(Frame.preface + Frame.get().bytes)
        #expect(probe.outcome == .connection(.protocolError))
        #expect(probe.heads.isEmpty)
    }
}
