extension PuppetEndpoint {
    /// Whether such a request may be sent to a second server although the first may have worked on it, whatever its method: a catalog
    /// can be compiled and a node looked up again; a report, facts, a file bucket's content or a CA's write would be stored twice.
    /// GET and HEAD may be repeated for every endpoint; that is the caller's to know.
    package var mayRepeat: Bool { self == .catalog || self == .node || self == .compile }
}
