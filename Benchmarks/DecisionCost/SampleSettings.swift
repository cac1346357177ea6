import Model
import Puppet
import Settings

/// Configurations of a size.
enum SampleSettings {
    static func make(
        environments: Int = 10, environmentGlobs: Int = 0, servers: Int = 10, routes: Int = 0,
        balance: PoolSettings.Balance = .leastConnections, sticks: Bool = false, weights: ClosedRange<Int> = 50...50
    ) -> ProxySettings {
        let maxconn = MaxconnSettings(all: 50)
        let pool = PoolSettings(
            name: "compilers", balance: balance, stick: sticks ? StickSettings(on: .certname) : nil,
            shares: ShareSettings(unverified: 50, holder: 25),
            servers: (0..<servers).map { number in
                ServerSettings(
                    name: "compiler\(number)", address: UpstreamAddress(host: "192.0.2.1", port: 8140),
                    weight: weights.lowerBound + number % weights.count, maxconn: maxconn)
            })
        return ProxySettings(
            pools: [pool], routes: (0..<routes).map(route),
            environments: (0..<environments).map { row("environment_\($0)") } + (0..<environmentGlobs).map { row("*env*_\($0)_*") },
            defaultPool: PoolIndex(0))
    }

    /// Environments that requests name: the exact rows; without such rows, names that no glob matches.
    static func names(_ settings: ProxySettings) -> [String] {
        let exact = settings.environments.map(\.pattern).filter { !$0.contains("*") }
        return exact.isEmpty ? (0..<10).map { "environment_\($0)" } : exact
    }

    private static func row(_ pattern: String) -> EnvironmentRow { EnvironmentRow(pattern: pattern, pool: PoolIndex(0)) }

    /// A glob that no sample request matches, and whose mismatch is found as late as possible.
    private static func route(_ number: Int) -> RouteSettings {
        var conditions = RouteConditions()
        switch number % 5 {
        case 0: conditions.certname = ["*.rack\(number).grnet.gr", "db*-\(number).grnet.gr"]
        case 1: conditions.environment = ["feature_\(number)_*", "*_\(number)_test"]
        case 2: conditions.source = (0..<4).compactMap { AddressBlock("172.\(16 + $0).\(number % 256).0/24") }
        case 3:
            conditions.certname = ["web*.grnet.gr"]
            conditions.environment = ["*"]
            conditions.source = [AddressBlock("2001:db8:\(number)::/48")].compactMap { $0 }
        default:
            conditions.certname = ["*web*"]
            conditions.endpoint = Set(PuppetEndpoint.allCases)
            conditions.trusted = [("1.3.6.1.4.1.34380.1.1.13", ["*end-\(number)"])]
        }
        return RouteSettings(name: "route\(number)", conditions: conditions, pool: PoolIndex(0))
    }
}
