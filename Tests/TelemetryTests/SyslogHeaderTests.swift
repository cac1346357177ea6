import Settings
import Telemetry
import Testing

struct SyslogHeaderTests {
    /// 22 November 2026, 10:29:37.042 UTC.
    private static let time: Int64 = 1_795_343_377_042_000_000

    private func datagram(_ line: String, _ form: LogSettings.SyslogForm = .rfc5424, host: String = "proxy1", time: Int64 = time) -> String
    {
        var header = SyslogHeader(form, hostName: host, processID: 123)
        var datagram = Array("of before".utf8)
        header.write(Array(line.utf8)[...], time: time, localOffsetSeconds: 7200, to: &datagram)
        return String(decoding: datagram, as: UTF8.self)
    }

    @Test func rfc5424HasEveryField() {
        #expect(datagram("{}") == "<134>1 2026-11-22T10:29:37.042Z proxy1 puppetfront 123 access - {}")
    }

    @Test func theLocalFormHasLocalTime() {
        #expect(datagram("{}", .local) == "<134>Nov 22 12:29:37 puppetfront[123]: {}")
        #expect(datagram("{}", .local, time: Self.time - 20 * 86400 * 1_000_000_000) == "<134>Nov  2 12:29:37 puppetfront[123]: {}")
    }

    @Test(arguments: ["", "two words", "größe", String(repeating: "x", count: 256)])
    func aNameThatIsNoWordIsLeftOut(name: String) {
        #expect(datagram("{}", host: name).contains("Z - puppetfront "))
    }

    @Test(arguments: LogSettings.SyslogForm.allCases)
    func aLineThatDoesNotFitIsCutBetweenCharacters(form: LogSettings.SyslogForm) {
        let head = datagram("", form).utf8.count
        let fits = String(repeating: "x", count: SyslogHeader.datagramBound - head)
        #expect(datagram(fits, form).utf8.count == SyslogHeader.datagramBound)
        #expect(datagram(fits, form).hasSuffix("x") && !datagram(fits, form).contains("cut"))
        for blanks in 0...2 {
            let cut = datagram(String(repeating: " ", count: blanks) + String(repeating: "€", count: 3000), form)
            #expect((SyslogHeader.datagramBound - 2...SyslogHeader.datagramBound).contains(cut.utf8.count))
            #expect(cut.hasSuffix("€") && !cut.contains("\u{FFFD}"))
            #expect(cut.contains(" access-cut - ") == (form == .rfc5424))
        }
    }
}
