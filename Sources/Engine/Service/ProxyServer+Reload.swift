import Admin
import Logging
import Model
import Network
import Routing
import Settings

/// From settings to pools and a snapshot, at the start and at each reload.
extension ProxyServer {
    // MARK: Pools and snapshots

    /// Makes the pools that are new. Those there are are reconfigured by `adoptPools`, once nothing can fail any more.
    func makePools(_ settings: ProxySettings) {
        for pool in settings.pools where pools[pool.name] == nil {
            pools[pool.name] = PoolCoordinator(
                settings: pool, site: settings.site, sites: settings.sites,
                dispatch: { [directory] ticket, outcome, coordinator in
                    directory.post(.queueOutcome(serial: ticket.serial, outcome, from: coordinator), to: ticket.worker)
                },
                notice: { [mailbox = loop.mailbox] in mailbox.post(.notice($0, $1)) })
        }
    }

    func makeSnapshot(_ settings: ProxySettings, generation: Int) -> Snapshot {
        let limits = settings.listeners.map { listenerLimits[$0.name] ?? ListenerLimit() }
        listenerLimits = Dictionary(uniqueKeysWithValues: zip(settings.listeners.map(\.name), limits))
        let made = Snapshot(
            generation: generation, settings: settings, routes: RouteTable(settings), pools: settings.pools.map { pools[$0.name]! },
            listenerTLS: materials.listeners, listenerLimits: limits, clientMaterials: Array(materials.upstream.values))
        snapshot = made
        checker.agentAuthority = materials.agentAuthority(settings.listeners)
        return made
    }

    func adoptPools(_ settings: ProxySettings) {
        for pool in settings.pools {
            pools[pool.name]!.reconfigure(
                pool, site: settings.site, sites: settings.sites, now: MonotonicTime(nanoseconds: loop.now)
            ) { [materials] in SnapshotBuilder.target(for: $0, pool: pool, materials: materials, known: $1) }
        }
        let names = Set(settings.pools.map(\.name))
        retired += pools.values.filter { !names.contains($0.name) }.map { RetiredPool(pool: $0) }
        pools = pools.filter { names.contains($0.key) }
        checker.adopt(settings.pools.map { pools[$0.name]! })
    }

    // MARK: Reloading

    func watchFiles() { if watcher.hasSettledChange() { reload(isAutomatic: true) } }

    /// Reads everything on the files thread; `loaded` goes on from there.
    /// - Parameter inquiry: a conversation that waits for its end
    func reload(isAutomatic: Bool, inquiry: UInt64? = nil) {
        guard !isDraining else { return }
        guard !isReloading else {
            // What was read may be older than what is asked for now.
            reloadsAgain = true
            reloadInquiries.next += [inquiry].compactMap { $0 }
            return
        }
        isReloading = true
        reloadInquiries.now += [inquiry].compactMap { $0 }
        SystemdNotifier.notify("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)")
        files.perform { [mailbox = loop.mailbox, load, materials] in
            switch load() {
            case .failed(let lines):
                mailbox.post(.loaded(.failed(lines), nil, isAutomatic: isAutomatic))
            case .loaded(let settings, let warnings):
                do throws(MaterialProblems) {
                    let materials = try SnapshotBuilder.loadMaterials(settings, previous: materials)
                    mailbox.post(.loaded(.loaded(settings, warnings: warnings), materials, isAutomatic: isAutomatic))
                } catch {
                    mailbox.post(.loaded(.failed(error.lines), nil, isAutomatic: isAutomatic))
                }
            }
        }
    }

    func loaded(_ outcome: ConfigurationOutcome, _ materials: SnapshotBuilder.Materials?, _ isAutomatic: Bool) {
        var report = ReloadReport()
        (report.time, report.isAutomatic) = (Moment.now.wall, isAutomatic)
        report.lines = ["This instance is draining."]
        defer {
            SystemdNotifier.notify("READY=1")
            report.generation = snapshot?.generation ?? 0
            lastReload = report
            let answered = reloadInquiries.now
            reloadInquiries.now = []
            for inquiry in answered { inquiries.answered(inquiry, report)?() }
            reloadEnded()
        }
        guard !isDraining, let old = snapshot else { return }
        guard case .loaded(let settings, let warnings) = outcome, let materials else {
            guard case .failed(let lines) = outcome else { return }
            report.lines = lines
            return refuseReload(lines, isAutomatic: isAutomatic)
        }
        do {
            try sockets.adopt(settings.listeners)
        } catch {
            report.lines = error.lines
            return refuseReload(error.lines, isAutomatic: isAutomatic)
        }
        (report.isDone, report.lines) = (true, warnings + materials.warnings)
        for warning in warnings { log.warning("\(warning)") }
        for warning in materials.warnings { log.warning("\(warning)") }
        let changedFiles = materials.filesChanged(since: self.materials)
        self.materials = materials
        transactions.removeAll()
        watcher.adopt(materials)
        hook.adopt(settings.onChangeHook)
        adoptAdminSocket(settings.admin.socket)
        adoptAdminHTTP(settings.admin.http)
        makePools(settings)
        let next = makeSnapshot(settings, generation: old.generation + 1)
        adoptPools(settings)
        stateFileIsStale = true
        if old.settings.logs != settings.logs { access?.adopt(settings.logs) }
        publish(next)
        resolveNames(onlyMissing: false)
        log.notice("reloaded", metadata: ["generation": "\(next.generation)", "cause": isAutomatic ? "files changed" : "asked for"])
        reloads += 1
        history.note("reloaded: generation \(next.generation), \(isAutomatic ? "files changed" : "asked for")", now: .now)
        history.keep { pools[$0]?.server($1) != nil }
        notifyHookOfReload(changedFiles, isAutomatic: isAutomatic)
    }

    /// What was asked for meanwhile is begun.
    func reloadEnded() {
        isReloading = false
        guard reloadsAgain else { return }
        reloadsAgain = false
        reloadInquiries = (reloadInquiries.next, [])
        reload(isAutomatic: false)
    }

    private func refuseReload(_ lines: [String], isAutomatic: Bool) {
        for line in lines { log.error("\(line)") }
        log.error("reload refused: the configuration in force stays", metadata: ["mistakes": "\(lines.count)"])
        reloadsRefused += 1
        history.note("reload refused: \(lines.first ?? "")", now: .now)
        notifyHookOfRefusedReload(lines, isAutomatic: isAutomatic)
    }
}
