import CLinux

enum ProcessMemory {
    /// Resident, by /proc; 0 where it cannot be read.
    static var residentBytes: UInt64 {
        let file = pf_open("/proc/self/statm", O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { return 0 }
        defer { _ = close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return 0 }
        let fields = bytes.prefix(count).split(separator: 0x20)
        guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
