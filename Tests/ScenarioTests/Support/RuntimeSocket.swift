import TestKit

/// The runtime socket of a scenario's proxy.
struct RuntimeSocket {
    let path: String

    init(_ scene: Scene, _ name: String = "admin.sock") { path = scene.folder.path + "/" + name }

    /// The configuration's line.
    func line(_ rest: String = "") -> String { "admin: { socket: { path: \(path)\(rest.isEmpty ? "" : ", " + rest) } }" }

    /// The reply without the empty line that ends it.
    func ask(_ line: String) throws -> String {
        let answer = try UnixClient.ask(path, line)
        return answer.hasSuffix("\n") ? String(answer.dropLast()) : answer
    }

    /// A row of `show stat` by column; empty where there is none.
    func stat(_ proxy: String, _ server: String) throws -> [String: String] {
        let lines = try ask("show stat").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = lines.first, let row = lines.first(where: { $0.count > 1 && $0[0] == proxy && $0[1] == server }) else {
            return [:]
        }
        return Dictionary(zip(header.map { $0.hasPrefix("# ") ? String($0.dropFirst(2)) : $0 }, row)) { first, _ in first }
    }
}
