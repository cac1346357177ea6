/// What one HTTP/2 connection may ask for. Budgets are frames: `burst` at once, and `perSecond` in the long run; over a budget the
/// connection ends with ENHANCE_YOUR_CALM.
package struct HTTP2Limits: Sendable {
    package struct Budget: Sendable {
        package var burst: Int64
        package var perSecond: Int64

        package init(burst: Int64, perSecond: Int64) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    /// Streams that are open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
    package var streams = 100
    /// Bytes of a header list as RFC 9113 section 6.5.2 counts them: name, value and 32 for each field. A longer list is not stored, and its
    /// request gets 431; a list of `bombFactor` times this ends the connection.
    package var headerList = 64 << 10
    package var bombFactor = 4
    /// CONTINUATION frames after one HEADERS frame.
    package var continuations = 8
    /// Bytes that a stream may receive before any of them is taken (SETTINGS_INITIAL_WINDOW_SIZE).
    package var streamWindow = 32 << 10
    /// Bytes on their way on the whole connection. Its window opens with each byte received: what is held is bound by the streams' windows.
    package var connectionWindow = 1 << 20
    /// Bytes of each direction's HPACK table at most.
    package var headerTable = 4096
    /// Frames that wait to be sent; acknowledgements of SETTINGS and PING among them: `acknowledgements`.
    package var outboundFrames = 2000
    package var acknowledgements = 100

    package var settings = Budget(burst: 20, perSecond: 1)
    package var pings = Budget(burst: 50, perSecond: 5)
    package var priorities = Budget(burst: 200, perSecond: 50)
    /// DATA frames without content that do not end a stream.
    package var emptyData = Budget(burst: 50, perSecond: 5)
    /// WINDOW_UPDATE frames; each KiB sent allows one more.
    package var windowUpdates = Budget(burst: 2000, perSecond: 500)
    /// Frames of unknown types, GOAWAY, and others that do nothing.
    package var otherFrames = Budget(burst: 50, perSecond: 5)
    /// RST_STREAM frames of the peer (CVE-2023-44487).
    package var resets = Budget(burst: 200, perSecond: 20)
    /// RST_STREAM frames that the peer's errors made us send (CVE-2025-8671).
    package var provokedResets = Budget(burst: 100, perSecond: 10)

    package init() {}

    /// Streams of another instance that are open at once: its site's queued requests among them.
    package static let streamsOfInstance = 1024

    /// For a client that is another instance: it carries many agents' requests, which may all end at once.
    package mutating func raiseForInstance() {
        streams = Self.streamsOfInstance
        connectionWindow = 16 << 20
        outboundFrames = 20_000
        resets = Budget(burst: 20_000, perSecond: 5_000)
        windowUpdates = Budget(burst: 100_000, perSecond: 20_000)
        pings = Budget(burst: 1000, perSecond: 100)
    }
}
