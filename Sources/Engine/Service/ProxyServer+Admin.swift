import Network
import Settings

/// The life of the runtime socket and of the pages.
extension ProxyServer {
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
                for line in error.lines { log.error("\(line)") }
                adminSocket = old
                return
            }
        }
        old?.close()
    }

    /// With the TLS of `materials`. One that is open already stays so until the new one is bound.
    func openAdminHTTP(_ settings: AdminSettings.HTTP) throws(MaterialProblems) {
        do {
            let opened = try AdminHTTPListener(settings, materials, server: self)
            try opened.begin()
            adminHTTP?.close()
            adminHTTP = opened
        } catch {
            throw MaterialProblems(lines: ["admin.http \(SocketAddress(settings.address).text): \(error.description)"])
        }
    }

    /// After a reload: as the socket. Where the new address cannot be bound, the old one stays.
    func adoptAdminHTTP(_ settings: AdminSettings.HTTP?) {
        guard let settings else {
            adminHTTP?.close()
            adminHTTP = nil
            return
        }
        if let adminHTTP, adminHTTP.wanted == settings.address { return adminHTTP.adopt(settings, materials) }
        do {
            try openAdminHTTP(settings)
        } catch {
            for line in error.lines { log.error("\(line)") }
        }
    }

    /// What an operator has changed on the page.
    func noteChange(_ line: String) {
        log.notice("\(line)")
        history.note(line, now: .now)
    }

    private func words(_ failure: UnixListener.Failure) -> String {
        switch failure {
        case .inUse: "another process has it (its lock file is locked)"
        case .notASocket: "a file that is no socket is there"
        case .system(let error): error.description
        }
    }
}
