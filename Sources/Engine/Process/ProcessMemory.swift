import CLinux

/// How does the process get memory, give it back, and go on where there is none?
///
/// Buffers are got so that a failure is a value (`ByteBuffer.isVoid`); the small allocations of Swift and OpenSSL are not: Swift ends the
/// process where one fails. So where the address space is limited (`ulimit -v`), some of it is kept for them: buffers and connections are
/// refused before.
enum ProcessMemory {
    /// Pieces from here on are mapped, so that they go back when they are freed. glibc would raise this bound with each one that is freed.
    private static let mappedByteCount: Int32 = 128 << 10
    /// Free memory at a heap's top that is kept: `giveBack` returns what is more in time.
    private static let keptByteCount: Int32 = 4 << 20

    /// Once, before there are threads.
    static func prepare() {
        mallopt(M_MMAP_THRESHOLD, mappedByteCount)
        mallopt(M_TRIM_THRESHOLD, keptByteCount)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < Int.max else { return }
        // Each further arena takes 64 MiB of the address space.
        mallopt(M_ARENA_MAX, 1)
        pf_keep_headroom(min(64 << 20, max(8 << 20, Int(limit.rlim_cur) / 16)))
    }

    /// False where another connection could take what small allocations need. Costs a comparison where there is no limit.
    static var hasHeadroom: Bool { pf_has_headroom() != 0 }

    /// Returns all free memory to the system. Whoever allocates may wait meanwhile, for milliseconds.
    static func giveBack() { malloc_trim(0) }

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
