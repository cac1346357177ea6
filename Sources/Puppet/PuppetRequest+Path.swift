import Model

/// The words of Puppet's paths. Mounts (`/puppet`, `/puppet-ca`, `/status`…) go before Puppet 3's forms, as in Puppet Server's
/// web-routes.conf; what no rule names is `other`.
extension PuppetRequest {
    /// Sets endpoint, form, isCA, certname and a Puppet 3 path's environment from the normal form in `path`.
    mutating func readPath() -> Ambiguity? {
        var cursor = 1
        let mount = path.segment(&cursor)
        if path.equals(mount, "puppet") {
            readPuppet(cursor)
        } else if path.equals(mount, "puppet-ca") {
            readCA(cursor)
        } else if path.equals(mount, "status") {
            readStatus(cursor)
        } else if path.equals(mount, "ocsp") {
            (endpoint, isCA) = (.caOCSP, true)
        } else if path.equals(mount, "metrics") {
            endpoint = .metrics
        } else if path.equals(mount, "puppet-admin-api") {
            endpoint = .admin
        } else if path.equals(mount, "v2.0") {
            if path.equals(path.rest(cursor), "environments") { (endpoint, form) = (.environments, .puppet3) }
        } else {
            return readPuppet3(environment: mount, cursor)
        }
        return nil
    }

    private mutating func readPuppet(_ start: Int) {
        var cursor = start
        let version = path.segment(&cursor)
        if path.equals(version, "v4") {
            if path.equals(path.rest(cursor), "catalog") { (endpoint, form) = (.catalog, .v4) }
            return
        }
        guard path.equals(version, "v3") else { return }
        let word = path.segment(&cursor)
        if let own = ownWord(word) {
            endpoint = own
            takeCertname(cursor)
        } else if let file = fileWord(word) {
            endpoint = file
        } else if let code = codeWord(word) {
            endpoint = code
        } else {
            return
        }
        form = .current
    }

    /// The status of the service `ca` is the CA server's.
    private mutating func readStatus(_ start: Int) {
        endpoint = .status
        var cursor = start
        guard path.equals(path.segment(&cursor), "v1") else { return }
        let word = path.segment(&cursor)
        let isServices = path.equals(word, "services")
        guard isServices || path.equals(word, "simple") else { return }
        let service = path.segment(&cursor)
        isCA = path.equals(service, "ca")
        isServicesStatus = isServices && service.isEmpty
    }

    private mutating func readCA(_ start: Int) {
        isCA = true
        var cursor = start
        guard path.equals(path.segment(&cursor), "v1"), let word = caWord(path.segment(&cursor)) else { return }
        endpoint = word
        form = .current
        if namesSubject(word) { takeCertname(cursor) }
    }

    private mutating func readPuppet3(environment range: Range<Int>, _ start: Int) -> Ambiguity? {
        var cursor = start
        let word = path.segment(&cursor)
        if let own = ownWord(word) {
            endpoint = own
            takeCertname(cursor)
        } else if let file = fileWord(word), file != .staticFileContent {
            endpoint = file
        } else if path.equals(word, "status") {
            endpoint = .status
        } else if let ca = caPuppet3Word(word) {
            endpoint = ca
            isCA = true
            if namesSubject(ca) { takeCertname(cursor) }
        } else {
            return nil
        }
        form = .puppet3
        let problem = takePathEnvironment(range)
        return isWithoutEnvironment ? nil : problem
    }

    private mutating func takePathEnvironment(_ range: Range<Int>) -> Ambiguity? {
        guard range.count <= PuppetRequest.longestEnvironment else { return .environmentTooLong }
        let bytes = path.bytes
        for index in range where !ASCII.isWord(bytes[index]) { return .environmentNotWord }
        guard !range.isEmpty else { return .environmentNotWord }
        environment.append(bytes.span, range)
        environmentSource = .path
        return nil
    }

    private mutating func takeCertname(_ cursor: Int) {
        let bytes = path.bytes
        certname.append(bytes.span, path.rest(cursor))
    }

    /// Those about one certname.
    private func ownWord(_ range: Range<Int>) -> PuppetEndpoint? {
        if path.equals(range, "catalog") { return .catalog }
        if path.equals(range, "report") { return .report }
        if path.equals(range, "node") { return .node }
        return path.equals(range, "facts") ? .facts : nil
    }

    private func fileWord(_ range: Range<Int>) -> PuppetEndpoint? {
        if path.equals(range, "file_metadata") { return .fileMetadata }
        if path.equals(range, "file_metadatas") { return .fileMetadatas }
        if path.equals(range, "file_content") { return .fileContent }
        if path.equals(range, "static_file_content") { return .staticFileContent }
        return path.equals(range, "file_bucket_file") ? .fileBucketFile : nil
    }

    private func codeWord(_ range: Range<Int>) -> PuppetEndpoint? {
        if path.equals(range, "environments") { return .environments }
        if path.equals(range, "environment_classes") { return .environmentClasses }
        if path.equals(range, "environment_modules") { return .environmentModules }
        if path.equals(range, "environment_transports") { return .environmentTransports }
        if path.equals(range, "tasks") { return .tasks }
        if path.equals(range, "compile") { return .compile }
        if path.equals(range, "plans") { return .plans }
        // Until Puppet 5.
        return path.equals(range, "status") ? .status : nil
    }

    private func caWord(_ range: Range<Int>) -> PuppetEndpoint? {
        if let word = caPuppet3Word(range) { return word }
        if path.equals(range, "certificate_renewal") { return .caCertificateRenewal }
        if path.equals(range, "clean") { return .caClean }
        if path.equals(range, "sign") { return .caSign }
        if path.equals(range, "ocsp") { return .caOCSP }
        return path.equals(range, "expirations") ? .caExpirations : nil
    }

    private func caPuppet3Word(_ range: Range<Int>) -> PuppetEndpoint? {
        if path.equals(range, "certificate") { return .caCertificate }
        if path.equals(range, "certificate_request") { return .caCertificateRequest }
        if path.equals(range, "certificate_revocation_list") { return .caCertificateRevocationList }
        if path.equals(range, "certificate_status") { return .caCertificateStatus }
        return path.equals(range, "certificate_statuses") ? .caCertificateStatuses : nil
    }

    private func namesSubject(_ endpoint: PuppetEndpoint) -> Bool {
        endpoint == .caCertificate || endpoint == .caCertificateRequest || endpoint == .caCertificateStatus
    }
}
