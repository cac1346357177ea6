import CLinux

/// Reads whole files, with errors that name them.
enum FileBytes {
    /// - Parameter largest: in MiB; a larger file is an error
    static func read(_ path: String, largest: Int) throws(TLSMaterialError) -> [UInt8] {
        let descriptor = pf_open_regular(path)
        if descriptor == -2 { throw TLSMaterialError(file: path, problem: "is no regular file") }
        guard descriptor >= 0 else {
            throw TLSMaterialError(file: path, problem: "cannot be opened: \(String(cString: strerror(pf_errno())))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw TLSMaterialError(file: path, problem: "is no regular file") }
        guard status.st_size <= largest << 20 else { throw TLSMaterialError(file: path, problem: "is larger than \(largest) MiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { CLinux.read(descriptor, $0.baseAddress! + filled, $0.count - filled) }
            if count < 0 && pf_errno() == EINTR { continue }
            guard count >= 0 else {
                throw TLSMaterialError(file: path, problem: "cannot be read: \(String(cString: strerror(pf_errno())))")
            }
            if count == 0 { break }
            filled += count
        }
        bytes.removeSubrange(filled...)
        return bytes
    }
}
