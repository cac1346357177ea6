import Telemetry

/// What the page's sections share: badges, times and counts as text.
enum StatsPageParts {
    static func head(title: String, nonce: String) -> HTML {
        """
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        <style nonce="\(nonce)">\(StatsPageStyle.css)\(StatsPageStyle.tables)</style>
        </head>
        """
    }

    /// The colour of a badge; its text says the same without it.
    enum Colour: String { case good, warning, bad, off }

    static func badge(_ colour: Colour, _ text: String) -> HTML { "<span class=\"badge \(colour.rawValue)\">\(text)</span>" }

    /// A second line of a cell.
    static func small(_ content: HTML) -> HTML { "<small>\(content)</small>" }

    /// Highlights a count that should be 0 and is not.
    static func fault(_ value: some BinaryInteger) -> HTML { value == 0 ? "0" : "<span class=\"hot\">\(grouped(value))</span>" }

    /// Responses by class, those that occurred; `none`: no response was begun.
    static func responses(_ traffic: TrafficCounters) -> HTML {
        var result: HTML = ""
        for hundred in [2, 3, 4, 5, 1, 0] where traffic.statuses[hundred] > 0 {
            let name = hundred == 0 ? "none" : "\(hundred)xx"
            let colour: HTML = hundred == 5 || hundred == 0 ? " hot" : hundred == 4 ? " warm" : ""
            result += "<span class=\"code\(colour)\"><i>\(name)</i> \(grouped(traffic.statuses[hundred]))</span> "
        }
        return result.text.isEmpty ? "–" : "<span class=\"codes\">\(result)</span>"
    }

    /// A response's status, red where it is a failure.
    static func status(_ status: Int, hasFailed: Bool) -> HTML {
        let text = status == 0 ? "none" : "\(status)"
        return hasFailed ? badge(.bad, text) : "\(text)"
    }

    /// Digits in threes, with narrow spaces: 1 234 567.
    static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array("\(value)")
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, digit != "-", digits[index - 1] != "-", (digits.count - index) % 3 == 0 { result += "\u{202F}" }
            result.append(digit)
        }
        return result
    }

    /// `1 server`, `2 servers`.
    static func plural(_ count: some BinaryInteger, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

    /// Seconds as `45s`, `12m 5s`, `3h 20m`, `12d 4h`.
    static func span(_ seconds: Int64) -> String {
        let seconds = max(0, seconds)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
        }
    }

    /// Text that is cut at the end of its line, whole under the pointer.
    static func clipped(_ text: String) -> HTML { "<span class=\"clip\" title=\"\(text)\">\(text)</span>" }

    /// Days alone where there are many.
    static func remaining(_ seconds: Int64) -> String { seconds < 10 * 86_400 ? span(seconds) : "\(grouped(seconds / 86_400)) days" }

    /// How long ago; the moment itself is in the element.
    static func ago(_ time: Int64, now: Int64) -> HTML {
        let moment = Timestamps.text(time)
        return "<time datetime=\"\(moment)\" title=\"\(moment)\">\(span(now - time)) ago</time>"
    }

    static func ago(_ time: Int64?, now: Int64) -> HTML { time.map { ago($0, now: now) } ?? "–" }

    static func moment(_ time: Int64) -> HTML { "<time datetime=\"\(Timestamps.text(time))\">\(Timestamps.text(time))</time>" }

    /// In the last whole second, and the most in one.
    static func rate(_ rate: RateCounter, now: Int64) -> HTML {
        small("<span class=\"nb\">\(grouped(rate.rate(now: now)))/s,</span> <span class=\"nb\">peak \(grouped(rate.maximum))/s</span>")
    }

    /// Milliseconds of all requests on average, from the first byte to the last; nil: there was none.
    static func mean(_ traffic: TrafficCounters) -> Int64? {
        traffic.timed == 0 ? nil : Int64(clamping: traffic.totalTime / traffic.timed / 1_000_000)
    }

    static func duration(_ milliseconds: Int64?) -> String { milliseconds.map(duration) ?? "–" }

    /// Milliseconds as `12 ms`, `3.4 s` or `2m 5s`.
    static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<100_000: "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        default: span(milliseconds / 1000)
        }
    }

    /// Of the servers that may take requests; nil where one has no limit.
    static func freeSlots(_ servers: [ServerReport]) -> Int? {
        let usable = servers.filter(\.state.isUsable)
        guard !usable.contains(where: { $0.state.slotLimit == .max }) else { return nil }
        return usable.reduce(0) { $0 + max(0, $1.state.slotLimit - $1.state.inUse) }
    }

    static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1_024: "\(count) B"
        case ..<1_048_576: "\(count / 1_024) KiB"
        case ..<1_073_741_824: "\(count / 1_048_576) MiB"
        default: "\(count / 1_073_741_824).\(count % 1_073_741_824 * 10 / 1_073_741_824) GiB"
        }
    }
}
