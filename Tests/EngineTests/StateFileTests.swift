import Foundation
import Network
import TestKit
import Testing

@testable import Engine

struct StateFileTests {
    private let folder: TemporaryFolder
    private let lines = LogLines()

    init() throws { folder = try TemporaryFolder() }

    private func file() throws -> StateFile {
        StateFile(on: try BackgroundThread(name: "files"), patience: .milliseconds(500), log: lines.logger)
    }

    @Test func aFailedWriteIsRetriedUntilItSucceeds() throws {
        let file = try file()
        let path = folder.path + "/later/state"
        file.write("one", to: path)
        #expect(waitUntil { file.hasFailed && file.failures == 1 })
        file.retry()
        #expect(waitUntil { file.failures == 2 })
        #expect(lines.all == ["state_file cannot be written, will be retried"], "logged once")
        try FileManager.default.createDirectory(atPath: folder.path + "/later", withIntermediateDirectories: false)
        file.retry()
        #expect(waitUntil { (try? folder.read("later/state")) == "one" })
        #expect(waitUntil { lines.all.last == "state_file is written again" })
        #expect(!file.hasFailed && file.failures == 2)
        file.retry()
        file.finish()
        #expect(lines.all.count == 2, "nothing is left to write")
    }

    @Test func newerContentReplacesWhatFailed() throws {
        let file = try file()
        file.write("one", to: folder.path + "/later/state")
        #expect(waitUntil { file.hasFailed })
        file.write("two", to: folder.path + "/state")
        #expect(waitUntil { !file.hasFailed })
        #expect(try folder.read("state") == "two")
    }

    /// The end of the service tries again, for a bounded time.
    @Test func theEndRetriesAndGivesUp() throws {
        let file = try file()
        file.write("one", to: folder.path + "/later/state")
        file.finish()
        #expect(lines.all.last == "state_file is not written: the disk does not respond, or the write fails")
        #expect(file.failures > 1)
    }

    @Test func nothingButARegularFileIsReplacedOrRead() throws {
        let path = folder.path + "/state"
        #expect(mkfifo(path, 0o600) == 0)
        #expect { try FileContent.replace(path, with: [1]) } throws: { ($0 as? SystemError)?.description == "replace: not a regular file" }
        #expect { try FileContent.read(path, bound: 10) } throws: { ($0 as? SystemError)?.description == "open: not a regular file" }
        #expect(unlink(path) == 0)
        #expect(mkfifo(path + ".new", 0o600) == 0)
        #expect(throws: SystemError.self) { try FileContent.replace(path, with: [1]) }
        #expect(unlink(path + ".new") == 0)
        try FileContent.replace(path, with: [1])
        #expect(try FileContent.read(path, bound: 10) == [1])
    }
}
