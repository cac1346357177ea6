import Settings

/// `TimeoutSettings` in nanoseconds, as the loop's deadlines want them.
struct WorkerTimeouts {
    let client, handshake, requestHead, clientIdle, body: Int64

    init(_ settings: TimeoutSettings) {
        client = settings.client.inNanoseconds
        handshake = settings.handshake.inNanoseconds
        requestHead = settings.requestHead.inNanoseconds
        clientIdle = settings.clientIdle.inNanoseconds
        body = settings.body.inNanoseconds
    }
}
