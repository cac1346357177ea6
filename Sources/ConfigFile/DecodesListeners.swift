import Model
import Settings

extension Decoder {
    func listener(_ value: DocumentValue) -> ListenerSettings? {
        guard var map = cursor(value) else { return nil }
        let name = map.read("name", scalar.name)
        let v6only = map.read("v6only", scalar.bool) ?? false
        let address = map.require("address", scalar.listenAddress(v6only: v6only))
        var tls = map.read("tls", listenerTLS)
        let http2 = map.read("http2", scalar.bool) ?? true
        let proxyProtocol = map.read("proxy_protocol", scalar.list(allowsEmpty: true, scalar.addressBlock)) ?? []
        let isForInstances = map.read("instances", scalar.bool) ?? false
        let statusPath = map.read("status_path", requestPath) ?? (isForInstances ? InstanceSettings.statusPath : nil)
        map.finish()
        guard let address else { return nil }
        places.listeners.append(value.position)
        places.listenerAddresses.append(value["address"]?.position ?? value.position)
        if isForInstances {
            checkListenerForInstances(tls, http2: http2, value)
            tls?.clientCertificate = .required
        }
        let result = ListenerSettings(
            name: name ?? address.description, address: address, tls: tls, http2: http2, proxyProtocol: proxyProtocol,
            statusPath: statusPath, isForInstances: isForInstances)
        if !listenerNames.insert(result.name).inserted {
            findings.error("a second listener \"\(result.name)\"", at: value["name"]?.position ?? value.position)
        }
        return result
    }

    /// Another instance is known by its certificate alone, so one is always asked for.
    private func checkListenerForInstances(_ tls: ListenerTLSSettings?, http2: Bool, _ value: DocumentValue) {
        if tls == nil, value["tls"]?.isNull ?? true {
            findings.error("a listener for instances needs \"tls\": instances are known by their certificates", at: value.position)
        }
        if !http2 { findings.error("instances speak HTTP/2", at: value["http2"]?.position ?? value.position) }
        if let given = value["tls"]?["client_certificate"], !given.isNull, tls?.clientCertificate != .required {
            findings.error("a listener for instances asks for certificates", at: given.position, hint: "client_certificate: required")
        }
    }

    func listenerTLS(_ value: DocumentValue) -> ListenerTLSSettings? {
        guard var map = cursor(value) else { return nil }
        var tls = ListenerTLSSettings(certificates: [])
        tls.certificates = map.require("certificate", scalar.list(certificate)) ?? []
        tls.clientCA = map.read("client_ca", readablePath)
        tls.crl = map.read("crl", readablePath)
        map.set(&tls.clientCertificate, "client_certificate", scalar.choice(ListenerTLSSettings.ClientCertificate.self))
        tls.rules = tlsRules(&map)
        map.set(&tls.sessionTickets, "session_tickets", scalar.bool)
        tls.ticketKeys = map.read("ticket_keys", readablePath)
        map.finish()
        if !tls.sessionTickets, let file = value["ticket_keys"], !file.isNull {
            findings.warning("\"ticket_keys\" without session_tickets: true: no session is resumed", at: file.position)
        }
        checkClientCertificates(tls, value)
        return tls
    }

    /// What a listener's `tls` and a pool's have in common.
    func tlsRules(_ map: inout MapCursor) -> TLSRules {
        var rules = TLSRules()
        map.set(&rules.minimumVersion, "min_version", scalar.choice(TLSRules.Version.self))
        map.set(&rules.securityLevel, "security_level", scalar.integer(0...5))
        rules.ciphers = map.read("ciphers", ciphers)
        map.set(&rules.expiredCRL, "crl_expired", scalar.choice(TLSRules.ExpiredCRL.self))
        map.set(&rules.crlCheck, "crl_check", scalar.choice(TLSRules.CRLCheck.self))
        map.set(&rules.crlShrink, "crl_shrink", scalar.choice(TLSRules.CRLShrink.self))
        return rules
    }

    /// OpenSSL knows which names there are; it is asked when the files are loaded.
    private func ciphers(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            scalar.wrong(value, "\"\(text)\" is no list of ciphers", hint: "ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256")
            return nil
        }
        return text
    }

    private func checkClientCertificates(_ tls: ListenerTLSSettings, _ value: DocumentValue) {
        guard tls.clientCertificate != .none else { return }
        if value["client_ca"]?.isNull ?? true {
            findings.error("\"client_ca\" is missing", at: value.position, hint: "client_certificate: none where none is asked for")
        } else if value["crl"]?.isNull ?? true {
            findings.error(
                "\"crl\" is missing", at: value.position, hint: "every CRL of the CA's chain in one file, as Puppet's ssl/crl.pem")
        }
    }

    private func requestPath(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        else {
            scalar.wrong(value, "\"\(text)\" is no path of a request", hint: "/puppetfront/alive")
            return nil
        }
        return text
    }
}

extension ListenAddress {
    /// `192.0.2.1:8140` or `[::]:8140`.
    var description: String { address.isV4 ? "\(address.description):\(port)" : "[\(address.description)]:\(port)" }
}
