import Glibc

/// What the load generator sends and the backend responds: a list of requests, read by both from the same file.
///
/// One request a line, six fields separated by tabs: method, target, request body in bytes, status, response body in bytes and
/// its framing (`length` or `chunked`). Lines that are empty or begin with `#` are skipped.
package struct Workload: Sendable {
    package let entries: [WorkloadEntry]

    package init(text: String) throws(WorkloadError) {
        var entries: [WorkloadEntry] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let entry = WorkloadEntry(fields: line.split(separator: "\t").map(String.init)) else {
                throw WorkloadError(line: number + 1)
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    /// Reads the file at `path`; nil when it cannot be read.
    package static func text(ofFile path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The line of a workload that is no request.
package struct WorkloadError: Error {
    package let line: Int
}
