import Glibc

/// A separate folder, removed with the value.
final class TestFolder {
    let path: String
    private var names: Set<String> = []

    init() {
        var template = Array("/tmp/tls-tests-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Writes a file; gives its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        names.insert(name)
        let file = fopen("\(path)/\(name)", "w")
        precondition(file != nil && fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
        return "\(path)/\(name)"
    }
}
