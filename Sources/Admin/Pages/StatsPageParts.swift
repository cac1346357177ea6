import Telemetry

/// What the page's tables share: cells, spans of time and counts in words.
enum StatsPageParts {
    static func head(title: String, nonce: String) -> HTML {
        """
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        <style nonce="\(nonce)">\(StatsPageStyle.css)</style>
        </head>
        """
    }

    /// How a word is coloured; the word itself always stands beside it.
    enum Colour: String { case good, warning, bad, off }

    static func badge(_ colour: Colour, _ word: String) -> HTML { "<span class=\"badge \(colour.rawValue)\">\(word)</span>" }

    /// A table that scrolls sideways on narrow screens, with its headings.
    /// - Parameter headings: those that begin with `#` are of numbers
    static func table(_ caption: String, _ headings: [String], _ body: HTML, id: String? = nil) -> HTML {
        var row: HTML = ""
        for heading in headings {
            let isNumber = heading.hasPrefix("#")
            row += "<th scope=\"col\"\(isNumber ? " class=\"n\"" as HTML : "")>\(isNumber ? String(heading.dropFirst()) : heading)</th>"
        }
        return """
            <div class="wide" tabindex="0"><table\(id.map { " id=\"\($0)\"" as HTML } ?? "")>
            <caption>\(caption)</caption>
            <thead><tr>\(row)</tr></thead>
            \(body)
            </table></div>
            """
    }

    static func name(_ text: String) -> HTML { "<th scope=\"row\">\(text)</th>" }
    static func cell(_ text: String) -> HTML { "<td>\(text)</td>" }
    static func cell(_ content: HTML) -> HTML { "<td>\(content)</td>" }
    static func number(_ text: String) -> HTML { "<td class=\"n\">\(text)</td>" }
    static func number(_ value: some BinaryInteger) -> HTML { number(grouped(value)) }
    /// Counts that should be 0 stand out where they are not.
    static func fault(_ value: some BinaryInteger) -> HTML {
        value == 0 ? "<td class=\"n\">0</td>" : "<td class=\"n hot\">\(grouped(value))</td>"
    }

    static let statusHeadings = ["#1xx", "#2xx", "#3xx", "#4xx", "#5xx", "#none"]

    /// Answers by hundred; the last: none was begun.
    static func statuses(_ traffic: TrafficCounters) -> HTML {
        var cells: HTML = ""
        for hundred in 1...4 { cells += number(traffic.statuses[hundred]) }
        return "\(cells)\(fault(traffic.statuses[5]))\(fault(traffic.statuses[0]))"
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

    /// How long ago, the moment itself in the element.
    static func ago(_ time: Int64, now: Int64) -> HTML {
        let moment = Timestamps.text(time)
        return "<time datetime=\"\(moment)\" title=\"\(moment)\">\(span(now - time)) ago</time>"
    }

    static func moment(_ time: Int64) -> HTML { "<time datetime=\"\(Timestamps.text(time))\">\(Timestamps.text(time))</time>" }

    /// In the last second, and the most in one.
    static func rate(_ rate: RateCounter, now: Int64) -> String { "\(grouped(rate.rate(now: now))) (most \(grouped(rate.maximum)))" }

    /// Of all requests, from the first byte to the last.
    static func mean(_ traffic: TrafficCounters) -> String {
        traffic.timed == 0 ? "–" : duration(milliseconds: Int64(traffic.totalTime / traffic.timed / 1_000_000))
    }

    /// Of the servers that may take requests; `unlimited` where one has no limit.
    static func freeSlots(_ servers: [ServerReport]) -> String {
        let usable = servers.filter(\.state.isUsable)
        guard !usable.contains(where: { $0.state.slotLimit == .max }) else { return "unlimited" }
        return grouped(usable.reduce(0) { $0 + max(0, $1.state.slotLimit - $1.state.inUse) })
    }

    /// Milliseconds as `12 ms` or `3.4 s`.
    static func duration(milliseconds: Int64) -> String {
        milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }

    static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1_024: "\(count) B"
        case ..<1_048_576: "\(count / 1_024) KiB"
        case ..<1_073_741_824: "\(count / 1_048_576) MiB"
        default: "\(count / 1_073_741_824).\(count % 1_073_741_824 * 10 / 1_073_741_824) GiB"
        }
    }

    /// A row that says that there are none.
    static func none(_ columns: Int, _ words: String) -> HTML { "<tr><td colspan=\"\(columns)\" class=\"none\">\(words)</td></tr>" }
}
