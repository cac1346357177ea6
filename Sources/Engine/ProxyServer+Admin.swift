import Network
import Settings

/// The runtime socket's life.
extension ProxyServer {
    var wallSeconds: Int64 { WallClock.nanoseconds() / 1_000_000_000 }

    func openAdminSocket(_ settings: AdminSettings.Socket) throws(MaterialProblems) {
        do {
            adminSocket = try AdminSocket(settings, server: self)
        } catch {
            throw MaterialProblems(lines: ["admin.socket \(settings.path): \(words(error))"])
        }
    }

    /// After a reload: the socket stays where it is, and moves only with its path. Where it cannot move it stays, and the log says so.
    func adoptAdminSocket(_ settings: AdminSettings.Socket?) {
        guard settings != adminSocket?.settings else { return }
        if let settings, let adminSocket, settings.path == adminSocket.settings.path { return adminSocket.adopt(settings) }
        let old = adminSocket
        adminSocket = nil
        if let settings {
            do {
                try openAdminSocket(settings)
            } catch {
                error.lines.forEach { log.error("\($0)") }
                adminSocket = old
                return
            }
        }
        old?.close()
    }

    private func words(_ failure: UnixListener.Failure) -> String {
        switch failure {
        case .inUse: "another process has it (its lock file is locked)"
        case .notASocket: "a file that is no socket is there"
        case .system(let error): error.description
        }
    }
}
