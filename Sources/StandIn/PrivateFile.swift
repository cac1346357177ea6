import Foundation

/// Files that are replaced atomically: written next to their place and renamed, as Puppet and careful admins do.
package enum PrivateFile {
    /// - Parameter mode: permission bits, set before anything is written
    package static func write(_ text: String, to path: String, mode: mode_t) throws {
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw StandInError.system(call: "open \(path)", errno: errno) }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let number = errno
                close(descriptor)
                throw StandInError.system(call: "write \(path)", errno: number)
            }
            sent += count
        }
        close(descriptor)
        guard rename(fresh, path) == 0 else { throw StandInError.system(call: "rename \(path)", errno: errno) }
    }
}
