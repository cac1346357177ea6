import Admin
import Logging
import Network
import Settings
import TLS

/// Reads the configuration again and puts it in force, or reports all that is wrong with it: then nothing has changed. On the control loop.
final class Reloader {
    /// none → reload, commit; both → none. What is asked for meanwhile is done afterwards.
    private enum Changing {
        case none
        /// - again: what was read may be older than what was asked for since
        case reload(again: Bool)
        /// `commit ssl` is loading files.
        case commit(reloadsAfter: Bool)
    }

    private unowned let server: ProxyServer
    private let load: @Sendable () -> ConfigurationOutcome
    private let files: BackgroundThread
    /// Of the configuration file; nil: there is none to compare with.
    private let path: String?
    private var changing = Changing.none
    /// Conversations that wait for the reload under way, and for the one after it.
    private var waiting: [UInt64] = []
    private var waitingForNext: [UInt64] = []
    private var lastReport: ReloadReport?
    private var countDone: UInt64 = 0
    private var countRefused: UInt64 = 0
    private var inForce: ConfigurationFingerprint?
    private var onDisk: ConfigurationFingerprint?
    private var stamp: FileStamp?

    init(_ server: ProxyServer, on files: BackgroundThread, path: String?, load: @escaping @Sendable () -> ConfigurationOutcome) {
        self.server = server
        self.files = files
        self.path = path
        self.load = load
    }

    /// nil: none yet.
    var last: ReloadReport? { lastReport }
    var done: UInt64 { countDone }
    var refused: UInt64 { countRefused }

    /// Whether the configuration in force is not what is on disk: the file was changed since, or the last reload was refused.
    var isStale: Bool { inForce != onDisk || lastReport?.isDone == false }

    // MARK: Reading

    /// At the start, on the calling thread. nil: mistakes are reported on standard error.
    func loadFirst() -> ProxySettings? {
        stamp = path.flatMap(FileStamp.init)
        inForce = path.flatMap(ConfigurationFingerprint.init(file:))
        onDisk = inForce
        switch load() {
        case .failed(let lines):
            for line in lines { Stderr.write(line) }
            return nil
        case .loaded(let settings, let warnings):
            for warning in warnings { Stderr.write(warning) }
            do {
                let remembered = CRLMemory.read(settings) { [log = server.log] in log.warning("\($0)") }
                server.configuration.install(try TLSMaterialLoader.load(settings, inForce: remembered))
            } catch {
                for line in error.lines { Stderr.write("error: \(line)") }
                return nil
            }
            for warning in server.configuration.materials.warnings { server.log.warning("\(warning)") }
            return settings
        }
    }

    /// Reads everything on the files thread; `loaded` continues.
    /// - Parameter inquiry: a conversation that waits for the end
    func request(isAutomatic: Bool, inquiry: UInt64? = nil) {
        waitingForNext += [inquiry].compactMap { $0 }
        guard !server.lifecycle.isDraining else {
            waiting += waitingForNext
            waitingForNext = []
            return answer(.outcome(.refused("This instance is draining.")))
        }
        switch changing {
        case .reload: changing = .reload(again: true)
        case .commit: changing = .commit(reloadsAfter: true)
        case .none: begin(isAutomatic: isAutomatic)
        }
    }

    private func begin(isAutomatic: Bool) {
        changing = .reload(again: false)
        (waiting, waitingForNext) = (waitingForNext, [])
        SystemdNotifier.notify("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)")
        files.perform { [mailbox = server.loop.mailbox, load, path, materials = server.configuration.materials] in
            let fingerprint = path.flatMap(ConfigurationFingerprint.init(file:))
            let read: Read
            switch load() {
            case .failed(let lines): read = .failed(lines)
            case .loaded(let settings, let warnings):
                do throws(MaterialProblems) {
                    let materials = try TLSMaterialLoader.load(settings, previous: materials)
                    read = .loaded(settings, materials, warnings: warnings + materials.warnings)
                } catch {
                    read = .failed(error.lines)
                }
            }
            mailbox.post(.loaded(read, fingerprint, isAutomatic: isAutomatic))
        }
    }

    /// What a reload has read.
    enum Read: Sendable {
        case loaded(ProxySettings, TLSMaterials, warnings: [String])
        /// Every mistake, one line each.
        case failed([String])
    }

    // MARK: Installing

    func loaded(_ read: Read, _ fingerprint: ConfigurationFingerprint?, isAutomatic: Bool) {
        var finish: () -> Void = {}
        if server.lifecycle.isDraining {
            answer(.outcome(.refused("This instance is draining.")))
        } else {
            var report = ReloadReport()
            (report.time, report.isAutomatic) = (Moment.now.wall, isAutomatic)
            onDisk = fingerprint
            switch read {
            case .failed(let lines): report.lines = lines
            case .loaded(let settings, let materials, let warnings):
                do {
                    finish = try install(settings, materials, isAutomatic: isAutomatic)
                    (report.isDone, report.lines) = (true, warnings)
                    inForce = fingerprint
                } catch {
                    report.lines = error.lines
                }
            }
            report.generation = server.configuration.snapshot?.generation ?? 0
            ended(report)
        }
        SystemdNotifier.notify("READY=1")
        finish()
        end()
    }

    private func ended(_ report: ReloadReport) {
        lastReport = report
        if report.isDone {
            countDone += 1
            for line in report.lines { server.log.warning("\(line)") }
        } else {
            countRefused += 1
            for line in report.lines { server.log.error("\(line)") }
            server.log.error("reload refused: the configuration in force stays", metadata: ["mistakes": "\(report.lines.count)"])
            server.changes.note("reload refused: \(report.lines.first ?? "")")
            server.changes.notifier.notifyRefusedReload(report.lines, isAutomatic: report.isAutomatic)
        }
        answer(.reload(report))
    }

    private func answer(_ finding: AdminFinding) {
        let answered = waiting
        waiting = []
        for inquiry in answered { server.administration.answered(inquiry, finding) }
    }

    /// First everything that can fail; then nothing can.
    /// - Returns: what is to be closed when conversations have their responses.
    private func install(
        _ settings: ProxySettings, _ materials: TLSMaterials, isAutomatic: Bool
    ) throws(MaterialProblems) -> () -> Void {
        let sockets = try server.listeners.prepare(settings.listeners)
        let admin: Administration.Prepared
        do {
            admin = try server.administration.prepare(settings.admin, materials)
        } catch {
            server.listeners.discard(sockets)
            throw error
        }
        server.listeners.commit(sockets)
        let finish = server.administration.commit(admin, settings.admin, materials)
        let oldLogs = server.configuration.settings?.logs
        let changedFiles = materials.filesChanged(since: server.configuration.materials)
        server.configuration.install(materials)
        server.staged.abortAll()
        server.changes.notifier.adopt(settings.onChangeHook, site: settings.site?.value)
        server.pools.makeMissing(settings)
        let next = server.installSnapshot(settings)
        server.pools.reconfigure(settings, materials)
        server.state.markStale()
        if oldLogs != settings.logs { server.adoptLogs(settings.logs) }
        server.publish(next)
        server.announcements.adopt(settings)
        server.lookups.start(onlyMissing: false)
        if server.lifecycle.hasBeenReady { server.peers.adopt(settings, materials) }
        reported(next, changedFiles, isAutomatic: isAutomatic)
        return finish
    }

    private func reported(_ next: Snapshot, _ changedFiles: [String], isAutomatic: Bool) {
        let cause = isAutomatic ? "files changed" : "asked for"
        server.log.notice("reloaded", metadata: ["generation": "\(next.generation)", "cause": "\(cause)"])
        server.changes.note("reloaded: generation \(next.generation), \(cause)")
        for held in server.configuration.materials.heldBack { server.changes.note("held back: \(held.line)") }
        let isServer = { [pools = server.pools] in pools[$0]?.server($1) != nil }
        server.changes.keep(isServer)
        server.changes.notifier.keep(server.configuration.materials.expiries, isServer: isServer)
        server.changes.notifier.notifyReload(changedFiles, isAutomatic: isAutomatic)
        _ = server.changes.notifier.notifyExpiries(server.configuration.materials.expiries)
    }

    // MARK: One at a time

    private func end() {
        let again =
            switch changing {
            case .none: false
            case .reload(let again): again
            case .commit(let reloadsAfter): reloadsAfter
            }
        changing = .none
        if again { request(isAutomatic: false) }
    }

    /// False: a reload or another commit is under way. Else reloads wait until `endCommit`.
    func beginCommit() -> Bool {
        guard case .none = changing else { return false }
        changing = .commit(reloadsAfter: false)
        return true
    }

    func endCommit() { end() }

    // MARK: Files on disk

    /// Every few seconds: TLS files that have changed are loaded; the configuration file is compared with what is in force.
    func watch() {
        let isDue = server.configuration.isActivationDue(now: Moment.now.wall)
        if server.configuration.hasSettledChange() || isDue { request(isAutomatic: true) }
        guard let path else { return }
        let seen = FileStamp(path)
        guard seen != stamp else { return }
        stamp = seen
        files.perform { [mailbox = server.loop.mailbox] in mailbox.post(.configurationRead(ConfigurationFingerprint(file: path))) }
    }

    func configurationRead(_ fingerprint: ConfigurationFingerprint?) { onDisk = fingerprint }
}
