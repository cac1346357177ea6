/// What the page's words and colours mean.
enum StatsPageLegend {
    typealias Parts = StatsPageParts

    static let content: HTML = """
        <details id="legend"><summary>Legend</summary>
        <dl>
        \(entry(Parts.badge(.good, "UP"), "The server takes requests."))
        \(entry(Parts.badge(.warning, "UP 2/3"), "It changes: some of the checks that it needs failed or passed, or it is in slow start."))
        \(entry(Parts.badge(.bad, "DOWN"), "It takes none: its checks fail, it is ejected, or its name has no address."))
        \(entry(Parts.badge(.off, "MAINT"), "An operator took it out: maintenance gets nothing, drain finishes what it has."))
        \(entry("Peak", "The most at one time since the start, or since the counters were cleared."))
        \(entry("Rate", "Requests that ended in the last whole second, and the most in one."))
        \(entry("Slots", "Requests that run on a server, of its maxconn. The bar fills as they are used."))
        \(entry("Queued", "Requests that wait for a slot; on a server, those that wait for this one only."))
        \(entry("JRubies", "Free JRuby instances of a Puppet server, where its status service reports them."))
        \(entry("Responses", "By class of status. none: the connection ended before a response began."))
        \(entry("Rejected", "Requests that puppetfront did not let through: no route, another agent's name, a full queue."))
        \(entry("Errors", "Of a server: no connection, or a broken, late or cut response. In the hour: requests that ended in 5xx, in a cut response or in none, but for those whose agent left."))
        \(entry("Retries", "Requests that were sent again, to this or another server."))
        \(entry("Mean", "From a request's first byte to the last byte of its response."))
        \(entry("p50, p95", "Half of the catalogs, and 95 of 100, took at most so long in that minute, the queue included."))
        </dl></details>
        """

    private static func entry(_ name: HTML, _ meaning: HTML) -> HTML { "<div><dt>\(name)</dt><dd>\(meaning)</dd></div>" }
}
