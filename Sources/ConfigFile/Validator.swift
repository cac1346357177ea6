import Model
import Settings

/// What only the whole shows: listeners that overlap, overflow in a circle, identity in the clear.
struct Validator {
    let settings: ProxySettings
    let places: Places
    let findings: Findings

    func validate() {
        checkListeners()
        checkOverflows()
        checkAdmin()
        for index in settings.pools.indices {
            checkSecuredChecks(index)
            warnOfIdentityInTheClear(index)
        }
    }

    // MARK: Listeners

    private func checkListeners() {
        guard places.listenerAddresses.count == settings.listeners.count else { return }
        var bound = zip(settings.listeners, places.listenerAddresses).map { ($0.address, $1) }
        if let http = settings.admin.http, let position = places.adminAddress { bound.append((http.address, position)) }
        for (index, section) in settings.peers.enumerated() {
            guard let address = section.localAddress, let literal = address.literal, let position = places.peersAddresses[index] else {
                continue
            }
            bound.append((ListenAddress(address: literal, port: address.port), position))
        }
        for index in bound.indices {
            for earlier in bound[..<index] where Validator.overlap(bound[index].0, earlier.0) {
                findings.error(
                    "\(bound[index].0.description) overlaps with \(earlier.0.description)", at: bound[index].1,
                    hint: "the other is at \(earlier.1.line):\(earlier.1.column)")
                break
            }
        }
    }

    /// The same port, and one address or a wildcard for both. `[::]` takes v4 too unless v6only; port 0 is never the same.
    static func overlap(_ left: ListenAddress, _ right: ListenAddress) -> Bool {
        guard left.port == right.port, left.port != 0 else { return false }
        return left.address == right.address || takes(left, right) || takes(right, left)
    }

    private static func takes(_ wide: ListenAddress, _ other: ListenAddress) -> Bool {
        let isAny = wide.address.low == 0 && wide.address.high == 0
        if wide.address.isV4 { return wide.address.v4 == 0 && other.address.isV4 }
        return isAny && (!other.address.isV4 || !wide.v6only)
    }

    // MARK: Overflow

    /// Each circle is reported once, at its first pool. A pool overflows to one pool at most: what was walked is not walked again.
    private func checkOverflows() {
        /// The walk that came by, by pool.
        var walks = [Int?](repeating: nil, count: settings.pools.count)
        for start in settings.pools.indices where walks[start] == nil {
            var path: [Int] = []
            var next: Int? = start
            while let index = next, settings.pools.indices.contains(index), walks[index] == nil {
                walks[index] = start
                path.append(index)
                next = settings.pools[index].overflow?.to.value
            }
            guard let end = next, let entry = path.firstIndex(of: end) else { continue }
            reportCircle(Array(path[entry...]))
        }
    }

    private func reportCircle(_ circle: [Int]) {
        guard let first = circle.min(), let place = circle.firstIndex(of: first) else { return }
        let names = (circle[place...] + circle[..<place] + [first]).map { settings.pools[$0].name }
        findings.error("overflow in a circle: \(names.joined(separator: " → "))", at: places.overflows[first] ?? .start)
    }

    // MARK: Admin

    /// Which clients could change things on the page.
    private func checkAdmin() {
        guard let http = settings.admin.http else { return }
        let verifies = http.tls.map { $0.clientCertificate != .none } ?? false
        if http.allowChanges, http.tokenFile == nil, !verifies, let place = places.adminChanges {
            findings.error(
                "changes are open to every client", at: place, hint: "\"token_file\", or \"tls\" with a client_ca")
        }
        if http.operators != nil, !verifies, let place = places.adminOperators {
            findings.error("without \"tls\" and a client_ca no client shows a certificate", at: place)
        }
        if http.tokenFile != nil, http.tls == nil, !http.address.address.isLoopback, let place = places.adminToken {
            findings.warning("the token goes over plain HTTP on an address off loopback", at: place, hint: "\"tls\" in admin.http")
        }
        let sharesCA = verifies && settings.listeners.contains { $0.tls?.clientCA == http.tls?.clientCA }
        if http.allowChanges || http.tokenFile != nil, http.operators == nil, sharesCA, let place = places.adminChanges ?? places.adminToken
        {
            findings.warning(
                "every agent's certificate counts as an operator's: the listeners trust the same client_ca", at: place,
                hint: "\"operators\"")
        }
    }

    // MARK: Checks

    /// `check.tls: true` where nothing says how.
    private func checkSecuredChecks(_ index: Int) {
        let pool = settings.pools[index]
        guard let places = places.serverAddresses[index], places.count == pool.servers.count else { return }
        for (server, place) in zip(pool.servers, places) where pool.check(of: server)?.tls == true && pool.tls(of: server) == nil {
            findings.error(
                "check.tls: true, but server \"\(server.name)\" has no \"tls\"", at: place, hint: "\"tls\" in the pool or server")
        }
    }

    // MARK: Identity

    /// Fields that Puppet Server believes, which anyone on the network path could read and forge.
    private func warnOfIdentityInTheClear(_ index: Int) {
        let pool = settings.pools[index]
        guard pool.identity == .headers, let places = places.serverAddresses[index] else { return }
        // One without host was reported already.
        let far = pool.servers.indices.filter {
            let server = pool.servers[$0]
            return pool.tls(of: server) == nil && !server.address.host.isEmpty && !Validator.isLoopback(server.address)
        }
        guard let first = far.first, places.indices.contains(first) else { return }
        let names = far.map { pool.servers[$0].name }.joined(separator: ", ")
        findings.warning(
            "identity fields go over plain HTTP to an address off loopback: \(names)", at: places[first],
            hint: "\"tls\" in pool \"\(pool.name)\", or \"identity: none\"")
    }

    private static func isLoopback(_ address: UpstreamAddress) -> Bool {
        address.literal?.isLoopback ?? (address.host.lowercased() == "localhost")
    }
}
