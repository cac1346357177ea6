import Admin
import Testing

struct ReloadCommandTests {
    private func report(isDone: Bool, _ lines: [String] = []) -> ReloadReport {
        var report = ReloadReport()
        (report.isDone, report.generation, report.lines) = (isDone, 3, lines)
        return report
    }

    @Test func reloadGetsItsReplyAtItsEnd() {
        var host = FakeHost()
        host.finding = .reload(report(isDone: true))
        #expect(answer("reload", host: &host) == "Reloaded: generation 3.\n\n")
        host.finding = .reload(report(isDone: true, ["a.yaml:1:1: warning: x"]))
        #expect(answer("reload", host: &host) == "Reloaded: generation 3.\na.yaml:1:1: warning: x\n\n")
        host.finding = .reload(report(isDone: false, ["a.yaml:1:1: error: x", "a.yaml:2:1: error: y"]))
        #expect(
            answer("reload", host: &host)
                == "Reload refused: the configuration in force stays.\na.yaml:1:1: error: x\na.yaml:2:1: error: y\n\n")
        host.finding = .outcome(.refused("This instance is draining."))
        #expect(answer("reload", host: &host) == "Reload refused: the configuration in force stays.\nThis instance is draining.\n\n")
        #expect(host.inquiries.count == 4)
        #expect(answer("reload", level: .operator) == "Permission denied\n\n")
    }

    @Test func drainProcessWaitIsAnsweredWithTheEnd() {
        var host = FakeHost()
        host.finding = .drained(DrainReport(hasEnded: true, connections: 0, queuedRequests: 0))
        #expect(answer("drain process wait", host: &host) == "Drained.\n\n")
        host.finding = .drained(DrainReport(hasEnded: false, connections: 3, queuedRequests: 2))
        #expect(
            answer("drain process wait 5", host: &host)
                == "Not drained yet, and draining goes on: 3 connections, 2 queued requests.\n\n")
        host.finding = .drained(DrainReport(hasEnded: true, connections: 3, queuedRequests: 0))
        #expect(
            answer("drain process wait 86400", host: &host) == "Drained, and cut at the end: 3 connections, 0 queued requests.\n\n")
        #expect(host.inquiries.count == 3)
        for words in ["-1", "86401"] {
            #expect(
                answer("drain process wait \(words)", host: &host)
                    == "'drain process wait' expects nothing, or seconds from 0 to 86400.\n\n")
        }
        for words in ["drain process wait soon", "drain wait", "drain process now"] {
            #expect(answer(words, host: &host).hasPrefix("Unexpected '"), "\(words)")
        }
        #expect(host.inquiries.count == 3 && host.actions.isEmpty)
        #expect(answer("drain process wait", level: .operator) == "Permission denied\n\n")
    }

    @Test func showReloadIsTheLastOne() {
        var host = FakeHost()
        #expect(answer("show reload", level: .user, host: &host) == "No reload yet.\nconfiguration: as the file\n\n")
        host.lastReload = report(isDone: false, ["a.yaml:1:1: error: x"])
        host.isConfigurationStale = true
        #expect(
            answer("show reload", level: .user, host: &host)
                == "[1970-01-01T00:00:00Z] (asked for) Reload refused: the configuration in force stays.\na.yaml:1:1: error: x\n"
                + "configuration: differs from the file\n\n")
        host.lastReload?.isAutomatic = true
        host.lastReload?.isDone = true
        host.isConfigurationStale = false
        #expect(answer("show reload", host: &host).hasPrefix("[1970-01-01T00:00:00Z] (files changed) Reloaded: generation 3.\n"))
    }
}
