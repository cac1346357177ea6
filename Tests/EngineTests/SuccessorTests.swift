import Foundation
import Synchronization
import TestKit
import Testing

@testable import Engine

struct SuccessorTests {
    @Test func itIsNoChildOfThisProcess() throws {
        let hasEnded = Mutex(false)
        let pid = try Successor.start(["/bin/sleep", "600"]) { hasEnded.withLock { $0 = true } }
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        #expect(!status.contains("\nPPid:\t\(getpid())\n"))
        #expect(!hasEnded.withLock { $0 })
        kill(pid, SIGKILL)
        #expect(waitUntil { hasEnded.withLock { $0 } })
    }

    @Test func aProgramThatDoesNotExistIsReported() {
        #expect { try Successor.start(["/nowhere/puppetfront"]) {} } throws: { "\($0)".contains("/nowhere/puppetfront") }
    }
}
