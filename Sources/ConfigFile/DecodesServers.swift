import Model
import Puppet
import Settings

extension Decoder {
    /// A server of a pool; with `isPartial`, `defaults.server`.
    func server(_ value: DocumentValue) -> ServerSettings? {
        guard var map = cursor(value) else { return nil }
        let name = map.require("name", scalar.name)
        let address = map.require("address", scalar.upstreamAddress)
        var server = ServerSettings(name: name ?? "", address: address ?? UpstreamAddress(host: "", port: 0))
        server.site = map.read("site", site)
        map.set(&server.backup, "backup", scalar.bool)
        map.set(&server.weight, "weight", scalar.integer(0...256))
        map.set(&server.maxconn, "maxconn", maxconn)
        server.slowstart = map.read("slowstart", scalar.duration(allowsZero: true))
        server.agentCheck = map.read("agent_check", agentCheck)
        map.set(&server.tls, "tls") { override($0, upstreamTLS) }
        map.set(&server.check, "check") { override($0, check) }
        map.finish()
        return server
    }

    /// `none`, or what the server has in the place of its pool's.
    private func override<Value>(_ value: DocumentValue, _ read: (DocumentValue) -> Value?) -> ServerOverride<Value>? {
        if case .scalar("none") = value.content { return .off }
        return read(value).map { .own($0) }
    }

    /// Duplicate names, and the positions of the addresses.
    func recordServers(_ value: DocumentValue?, _ index: Int) {
        let servers: [DocumentValue]
        switch value?.content {
        case .list(let elements): servers = elements
        case .map: servers = value.map { [$0] } ?? []
        default: servers = []
        }
        var names: Set<String> = []
        for server in servers {
            places.serverAddresses[index, default: []].append(server["address"]?.position ?? server.position)
            guard let name = server["name"], case .scalar(let text) = name.content else { continue }
            if !names.insert(text).inserted { findings.error("a second server \"\(text)\" in this pool", at: name.position) }
        }
    }

    /// A number, or one by endpoint with `all` for the whole.
    private func maxconn(_ value: DocumentValue) -> MaxconnSettings? {
        let limit = { (value: DocumentValue) -> Int? in
            if case .scalar("0") = value.content {
                self.scalar.wrong(value, "0 is out of range", hint: "null for no limit")
                return nil
            }
            return self.scalar.integer(1...1_000_000)(value)
        }
        guard case .map(let entries) = value.content else { return limit(value).map { MaxconnSettings(all: $0) } }
        var maxconn = MaxconnSettings()
        for entry in entries {
            let endpoint = scalar.endpoint(entry.key)
            if endpoint == nil, entry.key != "all" {
                let words = ["all"] + PuppetEndpoint.allCases.map(\.rawValue)
                findings.error("no endpoint \"\(entry.key)\"", at: entry.keyPosition, hint: Decoder.nearest(entry.key, words))
            }
            guard !entry.value.isNull, let limit = limit(entry.value) else { continue }
            if let endpoint { maxconn.byEndpoint[endpoint] = limit } else { maxconn.all = limit }
        }
        return maxconn
    }

    private func agentCheck(_ value: DocumentValue) -> AgentCheckSettings? {
        guard var map = cursor(value) else { return nil }
        var check = AgentCheckSettings(port: 0)
        if let port = map.require("port", scalar.port) { check.port = port }
        map.set(&check.inter, "inter", scalar.duration)
        map.finish()
        return check
    }

    func check(_ value: DocumentValue) -> CheckSettings? {
        guard var map = cursor(value) else { return nil }
        let request = map.read("request", checkRequest)
        let expect = map.read("expect", checkExpectation)
        let inter = map.read("inter", scalar.duration)
        let check = CheckSettings(
            method: request?.method ?? "GET", target: request?.target ?? "/status/v1/simple", expectedStatus: expect?.status ?? 200,
            expectedBody: expect?.body, inter: inter ?? .seconds(2), fastinter: map.read("fastinter", scalar.duration),
            downinter: map.read("downinter", scalar.duration), timeout: map.read("timeout", scalar.duration),
            rise: map.read("rise", scalar.integer(1...1000)) ?? 2, fall: map.read("fall", scalar.integer(1...1000)) ?? 3,
            port: map.read("port", scalar.port), tls: map.read("tls", scalar.bool), host: map.read("host", checkHost))
        map.finish()
        return check
    }

    /// `METHOD TARGET`: what a check can send without content.
    private func checkRequest(_ value: DocumentValue) -> (method: String, target: String)? {
        guard let text = scalar.text(value) else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, ["GET", "HEAD", "OPTIONS"].contains(parts[0]), parts[1].hasPrefix("/"),
            parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            scalar.wrong(value, "\"\(text)\" is no request of a check", hint: "GET, HEAD or OPTIONS and a path, as GET /status/v1/simple")
            return nil
        }
        return (String(parts[0]), String(parts[1]))
    }

    /// A Host field: a host name or an address (IPv6 in brackets), with a port or without.
    private func checkHost(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        let isBracketed = text.hasPrefix("[")
        let end = isBracketed ? text.firstIndex(of: "]") : text.firstIndex(of: ":") ?? text.endIndex
        if let end {
            let host = isBracketed ? text[text.index(after: text.startIndex)..<end] : text[..<end]
            let rest = text[end...].drop { $0 == "]" }
            let isPort =
                rest.isEmpty
                || rest.hasPrefix(":") && rest.dropFirst().utf8.allSatisfy { (48...57).contains($0) } && UInt16(rest.dropFirst()) ?? 0 > 0
            let isHost = isBracketed ? IPAddress(String(host)) != nil && host.contains(":") : ScalarReader.isHostName(String(host))
            if isPort, isHost || !isBracketed && IPAddress(String(host)) != nil { return text }
        }
        scalar.wrong(value, "\"\(text)\" is no Host field", hint: "the name that agents use, as puppet.example.org:8140")
        return nil
    }

    private func checkExpectation(_ value: DocumentValue) -> (status: Int, body: String?)? {
        guard var map = cursor(value) else { return nil }
        let status = map.read("status", scalar.integer(100...599)) ?? 200
        let body = map.read("body", scalar.text)
        map.finish()
        return (status, body)
    }
}
