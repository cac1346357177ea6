/// How many bytes the unfinished payloads and forms of all admin connections hold together. On the control loop.
///
/// One payload may have 16 MiB (`AdminShell.payloadBound`), a form 16 KiB; with 64 connections to each of the socket and `admin.http` that
/// would be a gigabyte without a bound for all.
final class AdminPayloads {
    /// One connection's part: what it holds, given back with it.
    struct Share {
        fileprivate(set) var held = 0
    }

    private var held = 0
    static let bound = 32 << 20

    /// False: there is no room for it; the share is as before.
    func set(_ share: inout Share, to count: Int) -> Bool {
        guard count <= share.held || held - share.held + count <= Self.bound else { return false }
        held += count - share.held
        share.held = count
        return true
    }

    func release(_ share: inout Share) {
        held -= share.held
        share.held = 0
    }
}
