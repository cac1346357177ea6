import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import Hooks

/// With real programs: small sh files.
struct ChangeHookTests {
    private let folder: TemporaryFolder
    private let lines = LogLines()
    private let clock = SettableClock()

    init() throws { folder = try TemporaryFolder() }

    /// A program that runs `script`; `$D` is the test's folder.
    private func program(_ name: String, _ script: String) throws -> String {
        try folder.writeProgram("#!/bin/sh\nD=\(folder.path)\n\(script)\n", to: name)
    }

    private func hook(_ program: String, _ change: (inout ChangeHook.Limits) -> Void = { _ in }) throws -> ChangeHook {
        var limits = ChangeHook.Limits()
        change(&limits)
        let hook = try ChangeHook(limits: limits, clock: { [clock] in clock.now }, log: lines.logger)
        hook.adopt(program)
        return hook
    }

    private func event(_ name: ChangeEvent.Name = .serverDown, _ server: String = "p1") -> ChangeEvent {
        var event = ChangeEvent(name, time: 0)
        event.server = server
        return event
    }

    private func text(_ name: String) -> String { (try? folder.read(name)) ?? "" }

    /// Whether the process whose id is in that file runs; one that has ended may still wait to be reaped.
    private func isAlive(_ file: String) throws -> Bool {
        let pid = try #require(pid_t(text(file).trimmingCharacters(in: .whitespacesAndNewlines)))
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    @Test func theProgramGetsTheEventAndLittleElse() throws {
        let hook = try hook(
            program("hook", "cat >$D/input; env | sort >$D/env; ls /proc/self/fd >$D/fds; echo; echo spoken >&2; mv $D/fds $D/done"))
        hook.notify(event())
        #expect(waitUntil { !text("done").isEmpty })
        hook.finish()
        #expect(text("input") == String(decoding: event().json, as: UTF8.self))
        // sh adds some of its own.
        let variables = text("env").split(separator: "\n").filter { line in !["PWD=", "OLDPWD=", "_="].contains { line.hasPrefix($0) } }
        #expect(variables.map { $0.prefix { $0 != "=" } } == ["LANG", "PATH", "PUPPETFRONT_EVENT"])
        #expect(variables.last == "PUPPETFRONT_EVENT=server_down")
        // ls has the folder itself open, and its output.
        #expect(text("done").split(separator: "\n").sorted() == ["0", "1", "2", "3"])
        #expect(lines.all.isEmpty, "a program that ends well is not spoken of: \(lines.all)")
    }

    @Test func signalsAreAsInAnyProcess() throws {
        // The threads of tests have signals blocked, puppetfront's too, and SIGPIPE is ignored there.
        let hook = try hook(
            program("hook", "case $PUPPETFRONT_EVENT in started) kill -TERM $$ ;; *) kill -PIPE $$ ;; esac; touch $D/survived"))
        hook.notify(event(.started))
        hook.notify(event(.stopping))
        #expect(waitUntil { lines.all.count == 2 })
        hook.finish()
        #expect(lines.all[0].hasSuffix("/hook for started was ended by signal 15"))
        #expect(lines.all[1].hasSuffix("/hook for stopping was ended by signal 13"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/survived"))
    }

    @Test func aFailureIsReportedInTheProgramsWords() throws {
        let hook = try hook(program("hook", "printf '\\n no \\033[2J route\\nmore\\n' >&2; exit 3"))
        hook.notify(event())
        #expect(waitUntil { !lines.all.isEmpty })
        hook.finish()
        #expect(lines.all == ["hook: \(folder.path)/hook for server_down ended with exit code 3:  no .[2J route"])
    }

    @Test func aProgramThatCannotRunIsReported() throws {
        let hook = try hook(folder.path + "/nothing")
        hook.notify(event())
        #expect(waitUntil { !lines.all.isEmpty })
        hook.adopt(try folder.write("#!/bin/sh\n", to: "plain"))
        hook.notify(event())
        #expect(waitUntil { lines.all.count == 2 })
        hook.finish()
        #expect(lines.all[0] == "hook: \(folder.path)/nothing for server_down cannot be run: start: No such file or directory")
        #expect(lines.all[1] == "hook: \(folder.path)/plain for server_down cannot be run: start: Permission denied")
    }

    @Test func muchOutputDelaysNoEvent() throws {
        let hook = try hook(program("hook", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; touch $D/done"))
        hook.notify(event())
        #expect(waitUntil { FileManager.default.fileExists(atPath: folder.path + "/done") })
        hook.finish()
    }

    @Test func oneRunsAtATimeInTheOrderOfTheChanges() throws {
        let hook = try hook(program("hook", "mkdir $D/lock || touch $D/overlap; cat >>$D/seen; rmdir $D/lock"))
        let servers = (1...20).map { "p\($0)" }
        for server in servers { hook.notify(event(.serverUp, server)) }
        hook.finish()
        #expect(text("seen") == servers.map { String(decoding: event(.serverUp, $0).json, as: UTF8.self) }.joined())
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/overlap"))
    }

    @Test(arguments: ["sleep 1000", "yes", "yes >&2"]) func whatHangsIsEndedWithAllThatItStarted(command: String) throws {
        let script = "\(command) & echo $! >$D/child; echo $$ >$D/self; wait"
        let hook = try hook(program("hook", script))
        hook.notify(event())
        #expect(waitUntil { text("self").hasSuffix("\n") })
        clock.advance(by: .seconds(30))
        #expect(waitUntil { !lines.all.isEmpty })
        hook.finish()
        #expect(lines.all.map { $0.hasPrefix("hook: \(folder.path)/hook for server_down was killed after 3") } == [true])
        let isAllGone = try waitUntil { try !isAlive("self") && !isAlive("child") }
        #expect(isAllGone)
    }

    @Test func whatDoesNotListenIsKilled() throws {
        let hook = try hook(program("hook", "trap '' TERM; echo $$ >$D/self; while :; do sleep 1; done")) {
            $0.patience = .milliseconds(200)
        }
        hook.notify(event())
        #expect(waitUntil { text("self").hasSuffix("\n") })
        clock.advance(by: .seconds(30))
        #expect(waitUntil { !lines.all.isEmpty })
        hook.finish()
        let isGone = try waitUntil { try !isAlive("self") }
        #expect(isGone)
    }

    @Test func aFloodIsBoundedAndReportedOnce() throws {
        #expect(ChangeHook.Limits().queued == 256)
        let script = "touch $D/began; while [ ! -e $D/open ]; do sleep 0.01; done; cat >>$D/seen"
        let hook = try hook(program("hook", script)) { $0.queued = 8 }
        hook.notify(event(.started))
        #expect(waitUntil { FileManager.default.fileExists(atPath: folder.path + "/began") })
        let began = ContinuousClock.now
        for number in 1...10_000 { hook.notify(event(.serverDown, "p\(number)")) }
        #expect(ContinuousClock.now - began < .seconds(5), "nobody waits for the program")
        #expect(hook.dropped.load(ordering: .relaxed) == 10_000 - 8)
        #expect(lines.all == ["hook: 8 events are queued for the program, newer ones are dropped"])
        try folder.write("", to: "open")
        #expect(waitUntil { text("seen").split(separator: "\n").count == 9 })
        hook.finish()
        #expect(text("seen").contains("\"p8\"") && !text("seen").contains("\"p9\""))
    }

    @Test func theEndOfTheServiceIsNotHeldUp() throws {
        let hook = try hook(program("hook", "touch $D/began; sleep 1000")) {
            ($0.finish, $0.patience) = (.milliseconds(300), .milliseconds(200))
        }
        for _ in 1...5 { hook.notify(event()) }
        #expect(waitUntil { FileManager.default.fileExists(atPath: folder.path + "/began") })
        let began = ContinuousClock.now
        hook.finish()
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(hook.dropped.load(ordering: .relaxed) == 4)
        hook.notify(event())
        #expect(hook.dropped.load(ordering: .relaxed) == 4, "nothing is taken any more")
    }

    @Test func anotherProgramGetsLaterChanges() throws {
        let hook = try hook(program("first", "while [ ! -e $D/open ]; do sleep 0.01; done; cat >>$D/one"))
        hook.notify(event(.serverDown, "a"))
        hook.notify(event(.serverDown, "b"))
        hook.adopt(try program("second", "cat >>$D/two"))
        hook.notify(event(.serverDown, "c"))
        hook.adopt(nil)
        hook.notify(event(.serverDown, "d"))
        try folder.write("", to: "open")
        hook.finish()
        #expect(
            text("one") == [event(.serverDown, "a"), event(.serverDown, "b")].map { String(decoding: $0.json, as: UTF8.self) }.joined())
        #expect(text("two") == String(decoding: event(.serverDown, "c").json, as: UTF8.self))
    }
}
