import CLinux
import Network
import Settings

/// Can this process write where the settings say? What exists and cannot be used is a warning, since the service starts without it. What
/// does not exist yet is made by the service, or by systemd before its start.
enum WritablePaths {
    static func warnings(_ settings: ProxySettings) -> [String] {
        var warnings: [String] = []
        if let path = settings.stateFile { warnings += problem("state_file", path, mayBePipe: false) }
        if case .file(let path) = settings.logs.accessTo { warnings += problem("logs.access", path, mayBePipe: true) }
        if let path = settings.admin.socket?.path { warnings += unwritableFolder("admin.socket", of: path) }
        return warnings
    }

    private static func problem(_ key: String, _ path: String, mayBePipe: Bool) -> [String] {
        var status = stat()
        // state_file is replaced as a whole, so its folder counts.
        guard stat(path, &status) == 0 else { return unwritableFolder(key, of: path) }
        let kind = status.st_mode & UInt32(S_IFMT)
        guard kind == UInt32(S_IFREG) || mayBePipe && kind != UInt32(S_IFDIR) else { return ["\(key): \(path) is not a regular file"] }
        if access(path, R_OK | W_OK) != 0, !mayBePipe || access(path, W_OK) != 0 {
            return ["\(key): \(path): \(SystemError("access").description)"]
        }
        return mayBePipe ? [] : unwritableFolder(key, of: path)
    }

    private static func unwritableFolder(_ key: String, of path: String) -> [String] {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        guard !folder.isEmpty, access(folder, F_OK) == 0, access(folder, W_OK | X_OK) != 0 else { return [] }
        return ["\(key): \(folder): nothing can be written there: \(SystemError("access").description)"]
    }
}
