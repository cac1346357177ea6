import Foundation
import TestKit
import Testing

/// A wall clock of one process that a test sets, by libfaketime; its monotonic clock is unaffected.
struct SettableClock {
    private let folder: TemporaryFolder

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        try set("+0")
    }

    /// - Parameter offset: from the real time, as `+6h`, `-3d`
    func set(_ offset: String) throws { try folder.write(offset + "\n", to: "clock") }

    /// libfaketime leaves two files for each process.
    func removeTraces(of proxy: ProxyProcess) {
        for name in ["faketime_shm_", "sem.faketime_sem_"] { unlink("/dev/shm/\(name)\(proxy.child.pid)") }
    }

    /// How to start the process: by way of a shell, since libfaketime changes the environment of the first program that it is loaded into,
    /// and Swift finds no arguments then.
    static let shell = "exec \"$@\""

    func environment() throws -> [String: String] {
        let libraries = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib").map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
        let library = try #require(libraries.first { FileManager.default.fileExists(atPath: $0) }, "scripts/packages logs installs it")
        return [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": folder.path + "/clock", "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
    }
}
