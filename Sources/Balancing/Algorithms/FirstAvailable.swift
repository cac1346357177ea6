/// `balance: first`: the first server of the file's order with a free slot (HAProxy's `first`).
///
/// So the last servers stay without requests, and can be switched off, as long as those before them have slots left. It needs `maxconn`:
/// where the first server is unlimited it gets everything. Weights count for nothing here, but for 0.
enum FirstAvailable {
    static func rank(_ server: borrowing ServerState) -> UInt64 { UInt64(server.index ?? 0) }
}
