import Model
import Settings

/// `anycast`: by site, when its instances announce the service address, and through what.
extension Decoder {
    func anycastSettings(_ value: DocumentValue) -> [AnycastSettings]? {
        namedEntries(value)?.compactMap { entry in
            guard sites.index(of: entry.key) != nil else {
                findings.error("no site \"\(entry.key)\"", at: entry.keyPosition, hint: Decoder.nearest(entry.key, sites.inOrder))
                return nil
            }
            guard var map = cursor(entry.value) else { return nil }
            var anycast = AnycastSettings(site: SiteName(entry.key))
            if let pools = map.require("pools", scalar.list(pool)) { anycast.pools = pools }
            map.set(&anycast.minServers, "min_servers", scalar.integer(1...10_000))
            map.set(&anycast.servers, "servers", scalar.choice(AnycastSettings.Servers.self))
            if let via = map.require("via", anycastVia) { anycast.via = via }
            map.set(&anycast.unfit, "unfit", scalar.choice(AnycastSettings.Unfit.self))
            map.set(&anycast.rise, "rise", scalar.integer(1...1000))
            map.set(&anycast.fall, "fall", scalar.integer(1...1000))
            map.set(&anycast.holdDown, "hold_down", scalar.duration(allowsZero: true))
            map.set(&anycast.settle, "settle", scalar.duration(allowsZero: true))
            map.set(&anycast.onUnknown, "on_unknown", scalar.choice(AnycastSettings.OnUnknown.self))
            anycast.killFile = map.read("kill_file", path)
            map.finish()
            checkLastResort(anycast, entry)
            return anycast
        }
    }

    /// With BIRD a worse route needs protocols of its own.
    private func checkLastResort(_ anycast: AnycastSettings, _ entry: DocumentEntry) {
        guard case .bird(_, let protocols, let unfit) = anycast.via, !protocols.isEmpty else { return }
        let place = entry.value["via"]?["bird"]?.position ?? entry.value.position
        if anycast.unfit == .metric, unfit.isEmpty {
            findings.error("unfit: metric needs \"unfit_protocols\"", at: place, hint: "or \"unfit: withdraw\"")
        }
        for name in unfit where protocols.contains(name) {
            findings.error("protocol \"\(name)\" is in \"protocols\" and in \"unfit_protocols\"", at: place)
        }
    }

    private func anycastVia(_ value: DocumentValue) -> AnycastSettings.Via? {
        guard var map = cursor(value) else { return nil }
        let bird = map.read("bird", birdControl)
        let exabgp = map.read("exabgp") { value -> AnycastSettings.Via? in
            guard let map = self.cursor(value) else { return nil }
            map.finish()
            return .exabgp
        }
        let command = map.read("command", programPath).map { AnycastSettings.Via.command($0) }
        let given = ["bird", "exabgp", "command"].filter { map.value($0) != nil }
        map.finish()
        if given.count != 1 { findings.error("\"via\" takes one of bird, exabgp and command", at: value.position) }
        return bird ?? exabgp ?? command
    }

    private func birdControl(_ value: DocumentValue) -> AnycastSettings.Via? {
        guard var map = cursor(value) else { return nil }
        let socket = map.read("socket", path) ?? "/run/bird/bird.ctl"
        let protocols = map.require("protocols", scalar.list(birdProtocol))
        let unfit = map.read("unfit_protocols", scalar.list(allowsEmpty: true, birdProtocol))
        map.finish()
        if socket.utf8.count > 107, let path = value["socket"] { scalar.wrong(path, "is longer than the 107 bytes of a socket's path") }
        return protocols.map { .bird(socket: socket, protocols: $0, unfitProtocols: unfit ?? []) }
    }

    /// A symbol of BIRD's: nothing that could be another command.
    private func birdProtocol(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        let isSymbol = text.utf8.allSatisfy { ASCII.isDigit($0) || $0 == 0x5F || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        guard isSymbol, !text.isEmpty, text.utf8.count <= 63, text != "all" else {
            scalar.wrong(value, "\"\(text)\" is no name of a protocol", hint: "letters, digits and _ only, at most 63")
            return nil
        }
        return text
    }
}
