import Foundation
import TestKit

/// `puppetfront demo` on its own terminal (script(1)), so that it runs until it is ended.
final class Demo {
    let child: ChildProcess
    /// `ADDRESS:PORT` of the stats page.
    let page: String
    let token: String
    let socket: String

    init() throws {
        guard let binary = ProxyProcess.binary else { throw ProxyProcess.Failure.noBinary }
        child = try ChildProcess(["/usr/bin/script", "-qec", "exec '\(binary)' demo --agents 4", "/dev/null"])
        let first = child.waitForOutput { $0.contains("files in ") } ?? ""
        let second = child.waitForOutput { $0.contains("statistics at ") } ?? ""
        socket = Self.word(first, behind: "files in ") + "/admin.sock"
        page = String(Self.word(second, behind: "http://").dropLast())
        token = Self.word(second, behind: "token ")
    }

    /// Ends it as Ctrl-C would; its exit code.
    func end() throws -> Int32? {
        let info = try UnixClient.ask(socket, "show info")
        if let pid = pid_t(Self.word(info, behind: "\nPid: ")) { kill(pid, SIGINT) }
        return child.waitForEnd(within: .seconds(40))
    }

    private static func word(_ text: String, behind mark: String) -> String {
        guard let place = text.range(of: mark) else { return "" }
        return String(text[place.upperBound...].prefix { !$0.isWhitespace })
    }
}
