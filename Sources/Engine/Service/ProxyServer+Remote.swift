import Network
import Settings

extension ProxyServer {
    /// Controls the service from another thread, as signals would.
    package var remote: Remote { Remote(mailbox: loop.mailbox) }

    package struct Remote: Sendable {
        let mailbox: Mailbox<ControlMessage>
        package func drain() { mailbox.post(.drain) }
        package func stop() { mailbox.post(.stop) }
        package func reload() { mailbox.post(.reload) }
    }

    /// Whether everything that the settings name on disk can be used: every problem and warning, one line each.
    package static func verify(_ settings: ProxySettings) -> (problems: [String], warnings: [String]) {
        let paths = WritablePaths.warnings(settings)
        do {
            var unread: [String] = []
            let inForce = CRLMemory.read(settings) { unread.append($0) }
            return ([], try TLSMaterialLoader.load(settings, inForce: inForce).warnings + unread + paths)
        } catch {
            return (error.lines, paths)
        }
    }
}
