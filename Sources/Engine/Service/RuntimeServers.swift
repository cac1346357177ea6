import Admin
import Balancing
import Model
import Network
import Settings

/// Adds and removes servers at run time. They vanish with the next reload (rule 8 of docs/configuration.md). On the control loop.
struct RuntimeServers {
    let pools: PoolRegistry
    let configuration: ActiveConfiguration
    let changes: ChangeReporter

    func add(_ name: AdminAction.ServerName, address: String, options: [String: String]) -> AdminOutcome {
        guard let pool = pools[name.pool] else { return .refused("No such backend.") }
        guard let colon = address.lastIndex(of: ":"), address[colon...].dropFirst().utf8.allSatisfy(ASCII.isDigit),
            let port = UInt16(address[address.index(after: colon)...]), port > 0
        else {
            return .refused("'server' expects <name> and <addr>[:<port>] as arguments.")
        }
        let host = String(address[..<colon]).trimmingBrackets
        guard IPAddress(host) != nil else { return .refused("Invalid addr family or address specified. Must be IPv4 or IPv6.") }
        var entry = ServerSettings(name: name.server, address: UpstreamAddress(host: host, port: port))
        entry.backup = options["backup"] != nil
        entry.site = options["site"].map(SiteName.init)
        if let text = options["weight"] {
            guard let weight = Int(text), (0...256).contains(weight) else { return .refused("'weight' expects an integer from 0 to 256.") }
            entry.weight = weight
        }
        if let text = options["maxconn"] {
            guard let limit = Int(text), limit >= 0 else { return .refused("'maxconn' expects an integer.") }
            entry.maxconn.all = limit == 0 ? nil : limit
        }
        var settings = pool.settings
        settings.servers.append(entry)
        // As HAProxy: it takes requests after `enable server`.
        adopt(settings, pool, newcomers: .maint)
        changes.note("Server \(name.pool)/\(name.server) was added at run time.")
        return .done
    }

    func remove(_ name: AdminAction.ServerName) -> AdminOutcome {
        guard let pool = pools[name.pool], let configured = configuration.settings?.pools.first(where: { $0.name == name.pool }) else {
            return .refused("No such backend.")
        }
        var settings = pool.settings
        guard let index = settings.servers.firstIndex(where: { $0.name == name.server }) else { return .refused("No such server.") }
        guard !configured.servers.contains(where: { $0.name == name.server }) else {
            return .refused("Only servers added via <add server> CLI command can be deleted.")
        }
        guard pool.servers.first(where: { $0.name == name.server && $0.index != nil })?.admin == .maint else {
            return .refused("Only servers in maintenance mode can be deleted.")
        }
        settings.servers.remove(at: index)
        adopt(settings, pool)
        changes.note("Server \(name.pool)/\(name.server) was removed at run time.")
        return .done
    }

    private func adopt(_ settings: PoolSettings, _ pool: PoolCoordinator, newcomers: AdminState = .ready) {
        guard let snapshot = configuration.snapshot, snapshot.settings.pools.contains(where: { $0.name == settings.name }) else { return }
        pools.refresh(pool, settings, configuration.materials, snapshot, newcomers: newcomers)
        pools.adoptChecks(snapshot)
    }
}

extension String {
    fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
