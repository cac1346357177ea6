import CLinux
import Glibc

/// Reads the configuration file and asks whether files can be read.
package enum FileAccess {
    package enum Use: String, Sendable { case read, run }

    package struct Failure: Error {
        /// The system's words.
        package let reason: String
    }

    /// At most `limit` bytes and one more, so that the caller sees where a file is too large. Folders and devices are refused.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit + 1 - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(reason: reason(errno)) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// nil where the file can be read, or run.
    static func problem(with path: String, _ use: Use) -> String? {
        switch use {
        case .read:
            do throws(Failure) {
                close(try open(path))
                return nil
            } catch {
                return error.reason
            }
        case .run:
            var status = stat()
            guard stat(path, &status) == 0 else { return reason(errno) }
            guard status.st_mode & S_IFMT == S_IFREG else { return "not a regular file" }
            return access(path, X_OK) == 0 ? nil : "not executable"
        }
    }

    /// The path, from the root folder on.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }

    private static func open(_ path: String) throws(Failure) -> Int32 {
        let descriptor = pf_open_regular(path)
        if descriptor == -2 { throw Failure(reason: "not a regular file") }
        guard descriptor >= 0 else { throw Failure(reason: reason(errno)) }
        return descriptor
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "no such file"
        case EACCES: "permission denied"
        default: String(cString: strerror(code))
        }
    }
}
