/// What of the stats page is shown: filters, the agent whose runs are open, and the order of the tables, all from the address, so that a
/// view can be kept as a bookmark or sent to a colleague.
struct PageView: Sendable, Equatable {
    struct Sort: Sendable, Equatable {
        var column: String
        var isDescending = false
    }

    /// Globs without a difference of case; without `*` and `?` whatever contains them; empty: all.
    var certname = ""
    var environment = ""
    /// A pool's name; empty: all.
    var pool = ""
    /// Only agents whose last run failed.
    var failedOnly = false
    /// Only catalogs and requests that took so long: milliseconds; 0: all.
    var slow: Int64 = 0
    /// The certname whose last runs are open; empty: none.
    var agent = ""
    /// By table.
    private(set) var sorts: [String: Sort] = [:]

    /// The tables that can be sorted: each has `sort.NAME` in the address, `-` for the greatest first.
    private static let tables = ["requests", "servers", "runs", "failures", "environments", "routes", "listeners", "certificates"]
    /// Characters of one value; what is longer is cut.
    private static let bound = 255

    init() {}

    init(_ target: AdminTarget) {
        self.init { target[$0] }
        failedOnly = failedOnly || target.words.contains("failed")
    }

    /// From a query, without its question mark.
    init(query: String) {
        let form = FormText(query)
        self.init { form[$0] }
    }

    private init(_ raw: (String) -> String?) {
        func value(_ name: String) -> String { String((raw(name) ?? "").prefix(Self.bound)) }
        certname = value("certname")
        environment = value("environment")
        pool = value("pool")
        agent = value("agent")
        failedOnly = !["", "0", "no"].contains(value("failed"))
        slow = Self.milliseconds(value("slow"))
        for table in Self.tables {
            let text = value("sort.\(table)")
            let column = text.drop { $0 == "-" }
            if !column.isEmpty { sorts[table] = Sort(column: String(column), isDescending: text.hasPrefix("-")) }
        }
    }

    /// Seconds, with decimals, as milliseconds; 0 where it is no number.
    private static func milliseconds(_ text: String) -> Int64 {
        guard let seconds = Double(text), seconds > 0 else { return 0 }
        return Int64((min(seconds, 86_400) * 1000).rounded())
    }

    var hasFilter: Bool { !certname.isEmpty || !environment.isEmpty || !pool.isEmpty || failedOnly || slow > 0 }

    // MARK: The address

    /// `?` and all that is not as without it.
    var query: String { "?" + parts.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&") }

    /// The names and values of the query, not encoded.
    var parts: [(name: String, value: String)] {
        let filters = [
            ("certname", certname), ("environment", environment), ("pool", pool), ("failed", failedOnly ? "1" : ""), ("slow", slowText),
            ("agent", agent),
        ]
        let orders = allSorts.map { ("sort.\($0.table)", ($0.sort.isDescending ? "-" : "") + $0.sort.column) }
        return (filters + orders).filter { !$0.1.isEmpty }
    }

    /// Of the tables that are not in their own order.
    var allSorts: [(table: String, sort: Sort)] { Self.tables.compactMap { table in sorts[table].map { (table, $0) } } }

    /// `slow` in seconds, as it is written in the form; empty: all.
    var slowText: String {
        guard slow > 0 else { return "" }
        return slow % 1000 == 0 ? "\(slow / 1000)" : "\(Double(slow) / 1000)"
    }

    /// The address of another view, at one section.
    func href(_ section: String, _ change: (inout PageView) -> Void = { _ in }) -> String {
        var other = self
        change(&other)
        return "\(other.query)#\(section)"
    }

    func sort(of table: String) -> Sort? { sorts[table] }

    mutating func sort(_ table: String, by sort: Sort) { sorts[table] = sort }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2A: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    // MARK: Filters

    func shows(certname name: String) -> Bool { Self.matches(name, certname) }
    func shows(environment name: String) -> Bool { Self.matches(name, environment) }
    func shows(pool name: String) -> Bool { pool.isEmpty || name == pool }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        if pattern.isEmpty { return true }
        let isGlob = pattern.contains { $0 == "*" || $0 == "?" }
        return Glob.matches(name.lowercased(), isGlob ? pattern.lowercased() : "*\(pattern.lowercased())*")
    }
}
