import Network
import Settings
import TLS

/// Which CRLs were in force when the process before this one ended? In a file next to `state_file`, so that a restart takes no revocation
/// back either. Without `state_file` nothing is kept.
enum CRLMemory {
    /// Bytes: two CRLs of a million entries each, in PEM.
    private static let bound = 128 << 20

    static func path(_ settings: ProxySettings) -> String? { settings.stateFile.map { $0 + ".crls" } }

    /// Empty where there is no such file, or it cannot be understood.
    static func read(_ settings: ProxySettings, warn: (String) -> Void) -> MaterialInForce {
        var inForce = MaterialInForce()
        guard let path = path(settings) else { return inForce }
        do {
            try inForce.addLists(from: FileContent.read(path, bound: bound), path: path)
        } catch let error as SystemError {
            if !error.isMissingFile { warn("\(path) is not used: \(error.description)") }
        } catch {
            warn("\(path) is not used: \(error)")
            return MaterialInForce()
        }
        return inForce
    }
}
