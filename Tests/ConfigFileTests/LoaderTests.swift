import Foundation
import Settings
import Testing

@testable import ConfigFile

/// Files: what cannot be read, and what relative paths count from.
@Suite struct LoaderTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "puppetfront-loader-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    private func load(_ name: String) -> LoadResult {
        ConfigurationLoader.load(path: "\(folder)/\(name)", site: nil, environmentSite: nil, checkFiles: true)
    }

    @Test func aMissingFileIsOneMistake() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(load("none.yaml").diagnostics.map(\.description) == ["\(folder)/none.yaml:1:1: error: cannot be read: no such file"])
    }

    @Test func aFolderIsNoFile() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(load(".").diagnostics.map(\.message) == ["cannot be read: not a regular file"])
    }

    @Test func aFileOverTheLimitIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write("large.yaml", String(repeating: "# large\n", count: 200_000))
        #expect(load("large.yaml").diagnostics.map(\.message) == ["the file has more than 1024 KiB"])
    }

    @Test func relativePathsCountFromTheFilesFolder() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pool = "tls: { ca: ca.pem, crl: none.pem }"
        try write("ca.pem", "")
        try write("puppetfront.yaml", Fixtures.minimal(pool: pool))
        #expect(load("puppetfront.yaml").errors.map(\.message) == ["\"crl\": \(folder)/none.pem cannot be read: no such file"])
        try write("none.pem", "")
        #expect(load("puppetfront.yaml").settings?.pools[0].tls?.ca == "\(folder)/ca.pem")
    }

    @Test func aHookMustBeAProgramThatCanBeRun() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let problem = { (program: String) -> [String] in
            try self.write("puppetfront.yaml", Fixtures.minimal("hooks: { on_change: \(program) }\n"))
            return self.load("puppetfront.yaml").errors.map(\.message)
        }
        try write("notes", "")
        #expect(try problem("none") == ["\"on_change\": \(folder)/none cannot be run: no such file"])
        #expect(try problem("notes") == ["\"on_change\": \(folder)/notes cannot be run: not executable"])
        #expect(try problem("/") == ["\"on_change\": / cannot be run: not a regular file"])
        #expect(try problem("/bin/sh") == [])
        #expect(load("puppetfront.yaml").settings?.onChangeHook == "/bin/sh")
    }
}
