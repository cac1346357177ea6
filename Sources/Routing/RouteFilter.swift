import Model
import Puppet
import Settings

/// Which routes can match at all? Excludes nearly all of the others without looking at their patterns, at a few nanoseconds each, so that
/// a thousand routes cost microseconds. Excludes a route only where a condition does not hold; `RouteMatch` decides about the rest, and about
/// the conditions that are not looked at here.
/// Rows are in one array and their conditions in another: nothing is copied or counted on the way.
struct RouteFilter: Sendable {
    /// A request as the filter sees it. nil: no condition on it holds.
    struct Facts {
        fileprivate let endpoint: UInt64
        fileprivate let environment: PairSet?
        fileprivate let certname: PairSet?
        fileprivate let source: IPAddress?
        /// Of the values of all extensions together.
        fileprivate let trusted: PairSet?
    }

    private struct Row: Sendable {
        /// A bit for each, by `SlotKind`.
        var endpoints = UInt64.max
        var environments = Choice()
        var certnames = Choice()
        var sources = Choice()
        /// In `trusted`: all of these must hold.
        var trusted = Choice()
    }

    /// A condition's alternatives, in `patterns` or `blocks`.
    private struct Choice: Sendable {
        var start: Int32 = 0
        var end: Int32 = 0
        var isSet = false
    }

    private struct Block: Sendable {
        let address: IPAddress
        let mask: IPAddress

        func contains(_ other: IPAddress) -> Bool {
            (address.high ^ other.high) & mask.high | (address.low ^ other.low) & mask.low == 0
        }
    }

    private var rows: [Row] = []
    private var patterns: [PairSet] = []
    private var blocks: [Block] = []
    private var trusted: [Choice] = []

    init(_ routes: [RouteSettings]) {
        for route in routes { append(route.conditions) }
    }

    func facts(_ request: borrowing PuppetRequest, _ context: RouteContext) -> Facts {
        var values: PairSet?
        if !trusted.isEmpty, let identity = context.identity {
            var all = PairSet()
            for found in identity.extensions { all.insert(found.value) }
            values = all
        }
        return Facts(
            endpoint: 1 << UInt64(SlotKind(request.endpoint).value),
            environment: request.environment.isEmpty ? nil : PairSet(request.environment),
            certname: context.identity.map { PairSet($0.foldedCertname) }, source: context.source, trusted: values)
    }

    /// The first route from `start` on that may match.
    func first(from start: Int, _ facts: Facts) -> Int? {
        for number in start..<max(start, rows.count) where mayMatch(rows[number], facts) { return number }
        return nil
    }

    private func mayMatch(_ row: Row, _ facts: Facts) -> Bool {
        guard row.endpoints & facts.endpoint != 0, mayHold(row.environments, facts.environment), mayHold(row.certnames, facts.certname),
            holds(row.sources, facts.source)
        else { return false }
        for index in row.trusted.start..<row.trusted.end where !mayHold(trusted[Int(index)], facts.trusted) { return false }
        return true
    }

    private func mayHold(_ choice: Choice, _ word: PairSet?) -> Bool {
        guard choice.isSet else { return true }
        guard let word else { return false }
        for index in choice.start..<choice.end where patterns[Int(index)].isSubset(of: word) { return true }
        return false
    }

    private func holds(_ choice: Choice, _ source: IPAddress?) -> Bool {
        guard choice.isSet else { return true }
        guard let source else { return false }
        for index in choice.start..<choice.end where blocks[Int(index)].contains(source) { return true }
        return false
    }

    // MARK: Building

    private mutating func append(_ conditions: RouteConditions) {
        var row = Row()
        if let endpoints = conditions.endpoint {
            row.endpoints = endpoints.reduce(0) { $0 | 1 << UInt64(SlotKind($1).value) }
        }
        row.environments = append(conditions.environment, ignoresCase: false)
        row.certnames = append(conditions.certname, ignoresCase: true)
        if let sources = conditions.source {
            row.sources = Choice(start: Int32(blocks.count), end: Int32(blocks.count + sources.count), isSet: true)
            blocks += sources.map { Block(address: $0.address, mask: $0.mask) }
        }
        let first = Int32(trusted.count)
        for (_, globs) in conditions.trusted ?? [] { trusted.append(append(globs, ignoresCase: false)) }
        row.trusted = Choice(start: first, end: Int32(trusted.count), isSet: true)
        rows.append(row)
    }

    private mutating func append(_ globs: [String]?, ignoresCase: Bool) -> Choice {
        guard let globs else { return Choice() }
        let start = Int32(patterns.count)
        patterns += globs.map { PairSet(Pattern($0, ignoresCase: ignoresCase)) }
        return Choice(start: start, end: Int32(patterns.count), isSet: true)
    }
}
