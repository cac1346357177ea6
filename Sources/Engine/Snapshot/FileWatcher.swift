import CLinux

/// What tells one state of a file from another; nil: not there.
struct FileStamp: Equatable, Sendable {
    private let seconds: Int
    private let nanoseconds: Int
    private let size: Int
    private let inode: UInt

    init?(_ path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        seconds = info.st_mtim.tv_sec
        nanoseconds = info.st_mtim.tv_nsec
        size = Int(info.st_size)
        inode = UInt(info.st_ino)
    }
}

/// Notices files that were changed or replaced. A change counts when it has been the same for two looks, since a key and its chain, or
/// a CA and its CRLs, are written one after the other.
struct FileWatcher {
    private var paths: [String] = []
    private var known: [FileStamp?] = []
    private var candidate: [FileStamp?]?

    /// What has been read is what is in force.
    mutating func adopt(_ materials: TLSMaterials) {
        paths = materials.files
        known = materials.files.map { materials.stamps[$0] }
        candidate = nil
    }

    /// To be called now and then. True once for each change that has settled.
    mutating func hasSettledChange() -> Bool {
        let seen = paths.map(FileStamp.init)
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
}
