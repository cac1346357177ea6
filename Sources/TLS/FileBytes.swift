import Glibc

/// Reads whole files, with errors that name them.
enum FileBytes {
    /// - Parameter largest: in MiB; a larger file is refused
    static func read(_ path: String, largest: Int) throws(TLSMaterialError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TLSMaterialError(file: path, problem: "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw TLSMaterialError(file: path, problem: "is no regular file")
        }
        guard status.st_size <= largest << 20 else { throw TLSMaterialError(file: path, problem: "is larger than \(largest) MiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw TLSMaterialError(file: path, problem: "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            filled += count
        }
        bytes.removeSubrange(filled...)
        return bytes
    }
}
