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

    private static let bound = 65_536

    static func read(_ path: String) throws(AdminToken.Defect) -> Content {
        let content: [UInt8]
        var info = stat()
        do throws(SystemError) {
            let file = try FileContent.open(path)
            guard fstat(file.number, &info) == 0 else { throw SystemError("fstat") }
            content = try FileContent.read(file, bound: bound)
        } catch {
            throw AdminToken.Defect(words: error.description)
        }
        let isOpen = info.st_mode & 0o027 != 0
        let words =
            "\(path) can be read by everybody or written by others: its mode is \(String(info.st_mode & 0o777, radix: 8)), 640 or less is wanted"
        return Content(token: try AdminToken(file: content), warning: isOpen ? words : nil)
    }
}
