import Admin
import CLinux
import Network

/// Reads `admin.http.token_file`.
enum AdminTokenFile {
    struct Content {
        let token: AdminToken
        /// What is doubtful about the file; nil: nothing.
        let warning: String?
    }

    private static let bound = 4096

    static func read(_ path: String) throws(AdminToken.Defect) -> Content {
        let descriptor = pf_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw AdminToken.Defect(words: SystemError("open").description) }
        defer { _ = close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & 0o170000 == 0o100000 else { throw AdminToken.Defect(words: "no regular file") }
        var bytes = [UInt8](repeating: 0, count: bound)
        let count = CLinux.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw AdminToken.Defect(words: SystemError("read").description) }
        let isOpen = info.st_mode & 0o027 != 0
        let words =
            "\(path) can be read by everybody or written by others: its mode is \(String(info.st_mode & 0o777, radix: 8)), 640 or less is wanted"
        return Content(token: try AdminToken(file: Array(bytes[..<count])), warning: isOpen ? words : nil)
    }
}
