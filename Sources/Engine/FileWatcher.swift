import CLinux

/// Notices files that were changed or replaced. A change counts when it has been the same for two looks, since a key and its chain, or
/// a CA and its CRLs, are written one after the other.
struct FileWatcher {
    private struct Stamp: Equatable {
        let seconds: Int
        let nanoseconds: Int
        let size: Int
        let inode: UInt
    }

    private var paths: [String] = []
    private var known: [Stamp?] = []
    private var candidate: [Stamp?]?

    /// What is there now is what is in force.
    mutating func adopt(_ files: [String]) {
        paths = files
        known = Self.look(files)
        candidate = nil
    }

    /// To be called now and then. True once for each change that has settled.
    mutating func hasSettledChange() -> Bool {
        let seen = Self.look(paths)
        guard seen != known else {
            candidate = nil
            return false
        }
        guard seen == candidate else {
            candidate = seen
            return false
        }
        known = seen
        candidate = nil
        return true
    }

    private static func look(_ paths: [String]) -> [Stamp?] {
        paths.map { path in
            var info = stat()
            guard stat(path, &info) == 0 else { return nil }
            return Stamp(
                seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec, size: Int(info.st_size), inode: UInt(info.st_ino))
        }
    }
}
