/// Which limit a peer went over. Its connection ends with GOAWAY ENHANCE_YOUR_CALM; the raw value is the metric's label and the log's word.
package enum HTTP2Abuse: String, CaseIterable, Sendable {
    case settingsFlood = "settings_flood"
    case pingFlood = "ping_flood"
    case priorityFlood = "priority_flood"
    case emptyData = "empty_data"
    case windowUpdates = "window_updates"
    case otherFrames = "other_frames"
    case continuations
    case headerBomb = "header_bomb"
    /// CVE-2023-44487
    case rapidReset = "rapid_reset"
    /// CVE-2025-8671
    case provokedResets = "provoked_resets"
    /// It makes us send frames, and does not read them.
    case outboundQueue = "outbound_queue"
}
