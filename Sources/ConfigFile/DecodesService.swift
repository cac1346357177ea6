import Model
import Puppet
import Settings

/// What concerns the whole service: admin, peers, trusted_oids, timeouts, limits, logs, hooks.
extension Decoder {
    func service(_ map: inout MapCursor, _ settings: inout ProxySettings) {
        map.set(&settings.admin, "admin", admin)
        map.set(&settings.peers, "peers", peersSettings)
        map.set(&settings.anycast, "anycast", anycastSettings)
        map.set(&settings.trustedOIDs, "trusted_oids", trustedOIDs)
        map.set(&settings.timeouts, "timeouts", timeouts)
        map.set(&settings.limits, "limits", limits)
        map.set(&settings.logs, "logs", logs)
        settings.stateFile = map.read("state_file", path)
        settings.onChangeHook =
            map.read("hooks") { value -> String? in
                guard var map = self.cursor(value) else { return nil }
                let program = map.read("on_change", self.programPath)
                map.finish()
                return program
            }
    }

    // MARK: Admin

    private func admin(_ value: DocumentValue) -> AdminSettings? {
        guard var map = cursor(value) else { return nil }
        let admin = AdminSettings(socket: map.read("socket", adminSocket), http: map.read("http", adminHTTP))
        map.finish()
        return admin
    }

    private func adminSocket(_ value: DocumentValue) -> AdminSettings.Socket? {
        guard var map = cursor(value) else { return nil }
        var socket = AdminSettings.Socket(path: "")
        if let path = map.require("path", path) { socket.path = path }
        map.set(&socket.mode, "mode", fileMode)
        map.set(&socket.level, "level", scalar.choice(AdminSettings.Level.self))
        map.finish()
        // sun_path holds 108 bytes with its end (unix(7)).
        if socket.path.utf8.count > 107, let path = value["path"] { scalar.wrong(path, "is longer than the 107 bytes of a socket's path") }
        return socket
    }

    private func fileMode(_ value: DocumentValue) -> UInt32? {
        guard let text = scalar.text(value) else { return nil }
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isDigit), let mode = UInt32(text, radix: 8), mode <= 0o777
        else {
            scalar.wrong(value, "\"\(text)\" is no file mode", hint: "octal, as 0660")
            return nil
        }
        return mode
    }

    private func adminHTTP(_ value: DocumentValue) -> AdminSettings.HTTP? {
        guard var map = cursor(value) else { return nil }
        let address = map.require("address", scalar.listenAddress(v6only: false))
        let allowChanges = map.read("allow_changes", scalar.bool) ?? false
        let tls = map.read("tls", listenerTLS)
        let http2 = map.read("http2", scalar.bool) ?? true
        let tokenFile = map.read("token_file", readablePath)
        let operators = map.read("operators", scalar.list(scalar.certnameGlob))
        map.finish()
        guard let address else { return nil }
        places.adminAddress = value["address"]?.position
        places.adminChanges = value["allow_changes"]?.position
        places.adminOperators = value["operators"]?.position
        places.adminToken = value["token_file"]?.position
        return AdminSettings.HTTP(
            address: address, allowChanges: allowChanges, tls: tls, http2: http2, tokenFile: tokenFile, operators: operators)
    }

    // MARK: Peers and trusted OIDs

    private func peersSettings(_ value: DocumentValue) -> [PeersSettings]? {
        namedEntries(value)?.enumerated().compactMap { index, entry in
            guard var map = cursor(entry.value) else { return nil }
            let members = map.require("members", peersMembers) ?? []
            let local = map.require("local", scalar.name)
            let tls = map.read("tls", peersTLS)
            map.finish()
            if let local, let place = entry.value["local"], entry.value["members"] != nil, !members.contains(where: { $0.name == local }) {
                scalar.wrong(place, "\"\(local)\" is no member", hint: Decoder.nearest(local, members.map(\.name)))
            }
            if let local { places.peersAddresses[index] = entry.value["members"]?[local]?.position }
            return PeersSettings(name: entry.key, local: local ?? "", members: members, tls: tls)
        }
    }

    private func peersTLS(_ value: DocumentValue) -> PeersSettings.TLS? {
        guard var map = cursor(value) else { return nil }
        let certificate = map.require("certificate", certificate)
        let ca = map.require("ca", readablePath)
        let crl = map.read("crl", readablePath)
        map.finish()
        guard let certificate, let ca else { return nil }
        return PeersSettings.TLS(certificate: certificate, ca: ca, crl: crl)
    }

    private func peersMembers(_ value: DocumentValue) -> [PeersSettings.Member]? {
        guard let entries = namedEntries(value) else { return nil }
        if entries.isEmpty { scalar.wrong(value, "is empty") }
        return entries.compactMap { entry in scalar.upstreamAddress(entry.value).map { PeersSettings.Member(name: entry.key, address: $0) }
        }
    }

    private func trustedOIDs(_ value: DocumentValue) -> [String: String]? {
        guard case .map(let entries) = value.content else {
            scalar.wrong(value, "must be a map, not \(value.kind)")
            return nil
        }
        var result: [String: String] = [:]
        for entry in entries {
            guard let name = scalar.name(entry.value) else { continue }
            guard Decoder.isOID(entry.key) else {
                findings.error("\"\(entry.key)\" is no OID", at: entry.keyPosition, hint: "as 1.3.6.1.4.1.34380.1.2.1: my_role")
                continue
            }
            if let other = PuppetOIDs.oid(of: name), other != entry.key {
                scalar.wrong(entry.value, "\(name) is Puppet's own name of \(other)")
            } else if oidsByName[name] != entry.key {
                scalar.wrong(entry.value, "\(name) names two OIDs")
            }
            result[entry.key] = name
        }
        return result
    }

    // MARK: Timeouts, limits, logs

    private func timeouts(_ value: DocumentValue) -> TimeoutSettings? {
        guard var map = cursor(value) else { return nil }
        var timeouts = TimeoutSettings()
        map.set(&timeouts.client, "client", scalar.duration)
        map.set(&timeouts.handshake, "handshake", scalar.duration)
        map.set(&timeouts.requestHead, "request_head", scalar.duration)
        map.set(&timeouts.clientIdle, "client_idle", scalar.duration)
        map.set(&timeouts.body, "body", scalar.duration)
        map.set(&timeouts.drain, "drain", scalar.duration(allowsZero: true))
        map.finish()
        return timeouts
    }

    private func limits(_ value: DocumentValue) -> LimitSettings? {
        guard var map = cursor(value) else { return nil }
        var limits = LimitSettings()
        map.set(&limits.connections, "connections", scalar.size(1...10_000_000))
        map.set(&limits.connectionsPerSource, "connections_per_source", scalar.size(0...10_000_000))
        map.set(&limits.handshakes, "handshakes", scalar.size(1...10_000_000))
        map.set(&limits.head, "head", scalar.size((1 << 10)...(1 << 20)))
        map.set(&limits.target, "target", scalar.size(256...(1 << 20)))
        map.set(&limits.bodyPrefix, "body_prefix", scalar.size(0...(64 << 20)))
        map.set(&limits.heldBodies, "held_bodies", scalar.size((1 << 20)...(1 << 40)))
        map.set(&limits.minimumRate, "minimum_rate", scalar.size(0...(1 << 30)))
        map.set(&limits.shares.unverified, "unverified_share", scalar.percent)
        map.set(&limits.shares.holder, "holder_share", scalar.percent)
        map.set(&limits.bodyScan, "body_scan", scalar.size((1 << 10)...(256 << 20)))
        map.set(&limits.perCertname, "per_certname", scalar.size(0...1_000_000))
        map.set(&limits.queue, "queue", scalar.size(0...1_000_000))
        limits.workerThreads = map.read("worker_threads") { value -> Int? in
            if case .scalar("auto") = value.content { return nil }
            return self.scalar.integer(1...256)(value)
        }
        map.finish()
        return limits
    }

    private func logs(_ value: DocumentValue) -> LogSettings? {
        guard var map = cursor(value) else { return nil }
        var logs = LogSettings()
        _ = map.read("access") { value -> Bool? in
            guard var map = self.cursor(value) else { return nil }
            map.set(&logs.accessTo, "to", self.logTarget)
            map.set(&logs.accessFormat, "format", self.scalar.choice(LogSettings.Format.self))
            map.set(&logs.syslogForm, "syslog", self.scalar.choice(LogSettings.SyslogForm.self))
            map.finish()
            return true
        }
        map.set(&logs.level, "level", scalar.choice(LogSettings.Level.self))
        map.set(&logs.errorText, "error_text", scalar.bool)
        map.finish()
        return logs
    }

    /// `stdout`, `none`, `syslog:ADDRESS` or a file's path; a bare word that is nearly one of the others is a slip.
    private func logTarget(_ value: DocumentValue) -> LogSettings.Target? {
        guard let text = scalar.text(value) else { return nil }
        switch text {
        case "stdout": return .stdout
        case "none": return LogSettings.Target.none
        default: break
        }
        if text.hasPrefix("syslog:") {
            let address = String(text.dropFirst("syslog:".count))
            return syslogAddress(DocumentValue(content: .scalar(address), position: value.position, label: value.label)).map { .syslog($0) }
        }
        if !text.contains("/"), let meant = Suggestion.nearest(to: text, among: ["stdout", "none", "stderr", "syslog"]) {
            let hint = ["stderr": "stdout", "syslog": "syslog:/dev/log"][meant] ?? meant
            scalar.wrong(value, "\"\(text)\" is no file", hint: hint)
            return nil
        }
        return path(value).map { .file($0) }
    }

    /// A socket's path from the root, or `HOST` or `HOST:PORT`, a v6 address in brackets.
    private func syslogAddress(_ value: DocumentValue) -> LogSettings.SyslogAddress? {
        guard case .scalar(let text) = value.content else { return nil }
        guard text.hasPrefix("/") else { return scalar.upstreamAddress(defaultPort: 514)(value).map { .udp($0) } }
        guard text.utf8.count <= 107 else {
            scalar.wrong(value, "\"\(text)\" is too long for a socket's path", hint: "at most 107 bytes")
            return nil
        }
        return .socket(path: text)
    }
}
