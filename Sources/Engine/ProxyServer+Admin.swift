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

    /// After a reload: the socket stays where it is, and moves only with its path.
    func adoptAdminSocket(_ settings: AdminSettings.Socket?) {
        if let settings, let adminSocket, settings == adminSocket.settings { return }
        adminSocket?.close()
        adminSocket = nil
        guard let settings else { return }
        do {
            try openAdminSocket(settings)
        } catch {
            error.lines.forEach { log.error("\($0)") }
        }
    }

    private func words(_ failure: UnixListener.Failure) -> String {
        switch failure {
        case .inUse: "another process has it (its lock file is locked)"
        case .system(let error): error.description
        }
    }
}
