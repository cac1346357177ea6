import Synchronization

/// Which key encrypts session tickets now, and which tickets can still be decrypted? One for all workers, whose contexts accept each other's
/// tickets.
///
/// Of a file the last three keys count, and the last but one encrypts, as in HAProxy: an appended key is known to all instances before any
/// uses it. Own keys are generated here, a new one every 12 hours; the previous one still decrypts for 12 hours more, which is longer than
/// OpenSSL accepts a session (two hours). An instance that takes over continues with them.
package final class TicketKeys: Sendable {
    private struct State {
        /// Empty: own keys, and none was needed so far.
        var keys: [TicketKey] = []
        var writing = 0
        /// Of the newest own key.
        var madeAt: Int64 = .min
    }

    /// Seconds.
    static let ownPeriod: Int64 = 12 * 3600

    private let state: Mutex<State>
    private let areOwn: Bool

    /// Own keys, each generated when it is first needed.
    package init() {
        state = Mutex(State())
        areOwn = true
    }

    init(_ file: TicketKeyFile) {
        state = Mutex(State(keys: file.keys, writing: file.keys.count - 2))
        areOwn = false
    }

    /// The key that encrypts the next ticket; nil if OpenSSL cannot generate one.
    /// - Parameter now: seconds since 1970
    func writing(now: Int64) -> TicketKey? {
        state.withLock { state in
            if areOwn { TicketKeys.renew(&state, now, makesFirst: true) }
            return state.keys.isEmpty ? nil : state.keys[state.writing]
        }
    }

    /// The key of that name, and whether it is the one that encrypts tickets now; nil: it is unknown, or too old.
    func reading(_ name: UnsafeBufferPointer<UInt8>, now: Int64) -> (key: TicketKey, isWriting: Bool)? {
        state.withLock { state in
            if areOwn { TicketKeys.renew(&state, now, makesFirst: false) }
            guard let index = state.keys.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
            return (state.keys[index], index == state.writing)
        }
    }

    // MARK: Handing over to another process

    /// Own keys, for the instance that takes over. Never written to a file: their holder can impersonate any agent. The second at which the
    /// newest was generated, a line feed, and the raw keys, the newest last. Empty: none was needed so far.
    package var serializedKeys: [UInt8] {
        state.withLock { state in
            state.keys.isEmpty || !areOwn ? [] : Array("\(state.madeAt)\n".utf8) + state.keys.flatMap(\.bytes)
        }
    }

    /// Continues with another instance's own keys; false if `serializedKeys` is malformed.
    package func inherit(_ serializedKeys: [UInt8]) -> Bool {
        if serializedKeys.isEmpty { return true }
        let parts = serializedKeys.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard areOwn, parts.count == 2, let madeAt = Int64(String(decoding: parts[0], as: UTF8.self)), madeAt >= 0 else { return false }
        guard let rest = parts.last, rest.count == TicketKey.ownByteCount || rest.count == 2 * TicketKey.ownByteCount else { return false }
        let keys = stride(from: rest.startIndex, to: rest.endIndex, by: TicketKey.ownByteCount).compactMap {
            TicketKey(Array(rest[$0..<$0 + TicketKey.ownByteCount]))
        }
        state.withLock { $0 = State(keys: keys, writing: keys.count - 1, madeAt: madeAt) }
        return true
    }

    /// At most two own keys are kept: the newest and the previous one.
    private static func renew(_ state: inout State, _ now: Int64, makesFirst: Bool) {
        if state.keys.isEmpty && !makesFirst { return }
        guard state.keys.isEmpty || now - state.madeAt >= ownPeriod, let key = TicketKey.random() else { return }
        let before = state.keys.last
        state.keys = [key]
        if let before, now - state.madeAt < 2 * ownPeriod { state.keys.insert(before, at: 0) }
        state.writing = state.keys.count - 1
        state.madeAt = now
    }
}
