import Model
import Settings

extension Decoder {
    /// `defaults` by themselves: a mistake there counts even where every pool says otherwise.
    func defaults(_ value: DocumentValue?) {
        guard let value, var map = cursor(value) else { return }
        isPartial = true
        _ = map.read("pool") { value -> PoolSettings? in self.pool(value, name: "defaults", index: nil) }
        _ = map.read("server", server)
        isPartial = false
        map.finish()
    }

    func poolSettings(_ value: DocumentValue) -> [PoolSettings]? {
        guard let entries = namedEntries(value) else { return nil }
        if entries.isEmpty { scalar.wrong(value, "is empty") }
        return entries.enumerated().map { index, entry in
            let pool = pool(entry.value, name: entry.key, index: index)
            let servers = entry.value["servers"]
            if entry.value.isNull || servers?.isNull ?? isMap(entry.value) || isEmptyList(servers) {
                findings.error("pool \"\(entry.key)\" has no servers", at: entry.keyPosition)
            }
            return pool
        }
    }

    private func isMap(_ value: DocumentValue) -> Bool {
        if case .map = value.content { true } else { false }
    }

    private func isEmptyList(_ value: DocumentValue?) -> Bool {
        if case .list(let elements) = value?.content { elements.isEmpty } else { false }
    }

    /// `index` is nil for `defaults.pool`.
    private func pool(_ value: DocumentValue, name: String, index: Int?) -> PoolSettings {
        var pool = PoolSettings(name: name)
        guard !value.isNull, var map = cursor(value) else { return pool }
        map.set(&pool.balance, "balance", balance)
        pool.hashBalanceFactor = map.read("hash_balance_factor", hashBalanceFactor) ?? nil
        pool.stick = map.read("stick", stick)
        map.set(&pool.identity, "identity", scalar.choice(PoolSettings.Identity.self))
        map.set(&pool.enforceCertname, "enforce_certname", scalar.bool)
        map.set(&pool.queue, "queue", queue)
        pool.overflow = map.read("overflow", overflow)
        _ = map.read("locality") { locality($0, &pool) }
        map.set(&pool.backups, "backups", scalar.choice(PoolSettings.Backups.self))
        map.set(&pool.retry, "retry", retry)
        pool.outlier = map.read("outlier", outlier)
        map.set(&pool.panic, "panic", scalar.percent)
        map.set(&pool.load, "load", scalar.choice(PoolSettings.Load.self))
        map.set(&pool.timeouts, "timeouts", poolTimeouts)
        map.set(&pool.keepalive, "keepalive", scalar.bool)
        map.set(&pool.wireProtocol, "protocol", scalar.choice(PoolSettings.WireProtocol.self))
        pool.tls = map.read("tls", upstreamTLS)
        pool.check = map.read("check", check)
        map.set(&pool.servers, "servers", scalar.list(allowsEmpty: true, server))
        map.finish()
        if let index {
            places.overflows[index] = value["overflow"]?["to"]?.position
            places.vias[index] = value["locality"]?["via"]?.position
            recordServers(value["servers"], index)
        }
        return pool
    }

    private func balance(_ value: DocumentValue) -> PoolSettings.Balance? {
        guard let text = scalar.text(value) else { return nil }
        let all = PoolSettings.Balance.all
        if let balance = all.first(where: { $0.word == text }) { return balance }
        let words = all.map(\.word)
        let meant = all.first { $0.haproxyWord == text }?.word
        scalar.wrong(
            value, "\"\(text)\" is not possible",
            hint: meant ?? Suggestion.nearest(to: text, among: words) ?? words.joined(separator: ", "))
        return nil
    }

    /// As HAProxy's hash-balance-factor: 0 is off.
    private func hashBalanceFactor(_ value: DocumentValue) -> Int?? {
        guard let factor = scalar.integer(0...65535)(value) else { return nil }
        if (1...100).contains(factor) {
            scalar.wrong(value, "\(factor) is out of range", hint: "0 (off), or 101 and more: percent of the average load")
            return nil
        }
        return .some(factor == 0 ? nil : factor)
    }

    private func stick(_ value: DocumentValue) -> StickSettings? {
        guard var map = cursor(value) else { return nil }
        var stick = StickSettings(on: .certname)
        if let key = map.require("on", scalar.choice(StickKey.self)) { stick.on = key }
        if stick.on == .environment, let on = value["on"] {
            scalar.wrong(on, "\"environment\" is not possible", hint: "certname, source")
        }
        map.set(&stick.expire, "expire", scalar.duration)
        map.set(&stick.size, "size", scalar.size(1...(16 << 20)))
        map.set(&stick.wait, "wait", scalar.duration(allowsZero: true))
        stick.peers = map.read("peers", peers)
        map.finish()
        return stick
    }

    private func queue(_ value: DocumentValue) -> QueueSettings? {
        guard var map = cursor(value) else { return nil }
        var queue = QueueSettings()
        map.set(&queue.size, "size", scalar.size(0...10_000_000))
        map.set(&queue.timeout, "timeout", scalar.duration)
        map.set(&queue.withoutServer, "no_server", scalar.choice(QueueSettings.WithoutServer.self))
        map.finish()
        return queue
    }

    private func overflow(_ value: DocumentValue) -> OverflowSettings? {
        guard var map = cursor(value) else { return nil }
        let pool = map.require("to", pool)
        let limit = map.require("when") { self.scalar.averageQueue($0) }
        map.finish()
        guard let pool, let limit else { return nil }
        return OverflowSettings(to: pool, averageQueueAbove: limit)
    }

    private func locality(_ value: DocumentValue, _ pool: inout PoolSettings) {
        guard var map = cursor(value) else { return }
        map.set(&pool.spill, "spill") { value -> PoolSettings.Spill? in
            if case .scalar("never") = value.content { return .never }
            return self.scalar.averageQueue(value, hint: "never, or avg_queue > 1").map { .averageQueue(above: $0) }
        }
        map.set(&pool.via, "via", scalar.choice(PoolSettings.Via.self))
        map.set(&pool.direct, "direct", scalar.bool)
        map.finish()
        if pool.via == .servers, let direct = value["direct"], !direct.isNull, !isPartial {
            findings.warning("\"direct\" without via: instances: the servers are used directly", at: direct.position)
        }
    }

    private func retry(_ value: DocumentValue) -> RetrySettings? {
        guard var map = cursor(value) else { return nil }
        var retry = RetrySettings()
        map.set(&retry.attempts, "attempts", scalar.integer(0...100))
        map.set(&retry.budget, "budget", scalar.percent)
        map.finish()
        return retry
    }

    private func outlier(_ value: DocumentValue) -> OutlierSettings? {
        guard var map = cursor(value) else { return nil }
        var outlier = OutlierSettings()
        map.set(&outlier.failures, "failures", scalar.integer(1...1000))
        map.set(&outlier.eject, "eject", scalar.duration)
        map.set(&outlier.atMost, "at_most", scalar.percent)
        map.finish()
        return outlier
    }

    private func poolTimeouts(_ value: DocumentValue) -> PoolTimeouts? {
        guard var map = cursor(value) else { return nil }
        var timeouts = PoolTimeouts()
        map.set(&timeouts.connect, "connect", scalar.duration)
        map.set(&timeouts.response, "response", scalar.duration)
        map.set(&timeouts.idle, "idle", scalar.duration)
        map.finish()
        return timeouts
    }

    func upstreamTLS(_ value: DocumentValue) -> UpstreamTLSSettings? {
        guard var map = cursor(value) else { return nil }
        var tls = UpstreamTLSSettings()
        tls.ca = map.read("ca", readablePath)
        tls.crl = map.read("crl", readablePath)
        tls.certificate = map.read("certificate", certificate)
        map.set(&tls.verify, "verify", scalar.choice(UpstreamTLSSettings.Verify.self))
        // Both at once, as it was; `sni` and `verify_name` win.
        if let name = map.read("server_name", hostName) {
            tls.verifyName = name
            if IPAddress(name) == nil { tls.sni = .name(name) }
        }
        map.set(&tls.sni, "sni", sni)
        tls.verifyName = map.read("verify_name", hostName) ?? tls.verifyName
        tls.rules = tlsRules(&map)
        map.finish()
        if !isPartial, tls.verify != .none, value["ca"]?.isNull ?? true {
            findings.error("\"ca\" is missing", at: value.position, hint: "verify: none where the servers are not to be verified")
        }
        return tls
    }

    private func sni(_ value: DocumentValue) -> UpstreamTLSSettings.SNI? {
        switch value.content {
        case .scalar("none"): return UpstreamTLSSettings.SNI.none
        case .scalar("host"): return .host
        default: break
        }
        guard let text = scalar.text(value) else { return nil }
        guard ScalarReader.isHostName(text), IPAddress(text) == nil else {
            scalar.wrong(value, "\"\(text)\" is no host name", hint: "none, host, or a name")
            return nil
        }
        return .name(text)
    }

    func hostName(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        guard ScalarReader.isHostName(text) || IPAddress(text) != nil else {
            scalar.wrong(value, "\"\(text)\" is no host name")
            return nil
        }
        return text
    }
}
