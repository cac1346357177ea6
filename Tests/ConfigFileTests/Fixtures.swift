import Foundation
import Settings

@testable import ConfigFile

/// The committed configurations, with the diagnostics that each is expected to give.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let folder = root + "/Tests/Fixtures/configurations"

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(name))))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// Names of all files of a folder with that ending, sorted.
    static func names(_ subfolder: String, _ ending: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path(subfolder))) ?? []
        return all.filter { $0.hasSuffix(ending) }.sorted()
    }

    /// The loader's diagnostics of a text, without the file system.
    static func parse(_ text: String, site: String? = nil, environmentSite: String? = nil) -> LoadResult {
        ConfigurationLoader.parse(
            Array(text.utf8), file: "test.yaml", baseFolder: "/etc/puppetfront", site: site, environmentSite: environmentSite)
    }

    /// A correct configuration, with `more` after it.
    static func minimal(_ more: String = "", pool: String = "", server: String = "") -> String {
        """
        listeners: { address: "127.0.0.1:8140" }
        pools:
          compilers:
            servers: { name: p1, address: "127.0.0.1:8141"\(server.isEmpty ? "" : ", \(server)") }
        \(pool.split(separator: "\n").map { "    \($0)\n" }.joined())
        environments: { default: compilers }
        \(more)
        """
    }
}
