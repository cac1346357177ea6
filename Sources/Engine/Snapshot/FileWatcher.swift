import CLinux

/// What distinguishes one state of a file from another; nil: it does not exist.
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

/// Detects files that were changed or replaced. A change counts when it was the same in two looks, since a key and its chain, or a CA and
/// its CRLs, are written one after the other.
struct FileWatcher {
    private var paths: [String] = []
    private var known: [FileStamp?] = []
    private var candidate: [FileStamp?]?

    /// The files as they were read are in force.
    mutating func adopt(_ materials: TLSMaterials) {
        paths = materials.files
        known = materials.files.map { materials.stamps[$0] }
        candidate = nil
    }

    /// Called at intervals. True once for each change that has settled.
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
