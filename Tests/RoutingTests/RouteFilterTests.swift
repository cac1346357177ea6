import Model
import Puppet
import Routing
import Settings
import Testing

/// `decide` rules routes out before it asks their conditions; `trace` asks all of them. Both must give the same result.
@Suite struct RouteFilterTests {
    @Test(arguments: 1...30) func decidesAsIfEveryRouteWereAsked(seed: UInt64) {
        var dice = Dice(seed)
        let routes = (0..<40).map { Setup.route("r\($0)", to: dice.below(3), conditions(&dice)) }
        let globs = (0..<8).map { _ in (dice.glob(), dice.below(3)) }
        let table = RouteTable(Setup.settings(routes: routes, environments: globs, defaultPool: 3))
        var matched = 0
        for _ in 0..<200 {
            let request = Setup.request(
                dice.target(), method: dice.below(2) == 0 ? .get : .put, version: dice.below(2) == 0 ? "" : dice.word())
            let extensions = (0..<dice.below(3)).map { _ in (dice.oid(), dice.word()) }
            let identity = dice.below(4) == 0 ? nil : Setup.identity(dice.word(), extensions)
            let source = IPAddress(v4: UInt32(dice.below(16)) << 28)
            let names = ["a", "b", "aB1"]
            let context = RouteContext(
                identity: identity, source: source, listener: Array(names[dice.below(3)].utf8), serverName: Array(dice.word().utf8))
            let traced = table.trace(request, context, averageQueue: { $0.value })
            let decided = table.decide(request, context, averageQueue: { $0.value })
            #expect(decided == traced.decision)
            if traced.passed.count < routes.count { matched += 1 }
        }
        #expect(matched > 0)
    }

    @Test(arguments: ["a\0b", "\0", "\0a", "a\0"]) func zeroBytesAreBytesAsOthers(value: String) {
        let oid = "1.2.3"
        for glob in [value, "*\(value)", "\(value)*", "?" + value.dropFirst()] {
            let routes = [Setup.route("r", to: 1, RouteConditions(trusted: [(oid, [glob])]))]
            let settings = Setup.settings(routes: routes, defaultPool: 0)
            #expect(Setup.decide(settings, "/", certname: "a", trusted: [(oid, value)]) == "routes.r one")
        }
    }

    private func conditions(_ dice: inout Dice) -> RouteConditions {
        var conditions = RouteConditions()
        while true {
            switch dice.below(14) {
            case 0: conditions.certname = dice.globs()
            case 1: conditions.environment = dice.globs()
            case 2: conditions.source = (0..<2).compactMap { _ in AddressBlock("\(dice.below(256)).0.0.0/\(dice.below(9))") }
            case 3: conditions.endpoint = Set(PuppetEndpoint.allCases.filter { _ in dice.below(2) == 0 })
            case 4: conditions.trusted = (0...dice.below(2)).map { _ in (dice.oid(), dice.globs()) }
            case 5: conditions.averageQueueAbove = [(PoolIndex(dice.below(3)), dice.below(3))]
            case 6: conditions.listener = [dice.word(), "a"]
            case 7: conditions.serverName = dice.globs()
            case 8: conditions.method = dice.below(2) == 0 ? [.get] : [.put, .post]
            case 9: conditions.path = dice.globs().map { "/\($0)*" }
            case 10: conditions.agentVersion = dice.globs()
            default: return conditions
            }
        }
    }
}

/// Draws words of few letters, so that globs match some of them.
private struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) >> 1) % bound
    }

    mutating func word() -> String { text(of: ["a", "b", "A", "B", "1"]) }
    mutating func glob() -> String { text(of: ["a", "b", "A", "*", "*", "?"]) }
    mutating func globs() -> [String] { (0...below(2)).map { _ in glob() } }
    mutating func oid() -> String { "1.2.\(below(2))" }

    mutating func target() -> String {
        let paths = ["/puppet/v3/node/\(word())", "/puppet/v3/file_content/m/f", "/puppet/v3/report/\(word())", "/status/v1/simple"]
        let path = paths[below(4)]
        return below(4) == 0 ? path : "\(path)?environment=\(word())"
    }

    private mutating func text(of letters: [String]) -> String { (0...below(4)).map { _ in letters[below(letters.count)] }.joined() }
}
