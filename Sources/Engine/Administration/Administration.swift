import Admin
import Model
import Network
import Settings
import TLS
import Telemetry

/// Who may ask and change what? Owns the runtime socket, the pages' listener and what their conversations wait for. On the control loop.
final class Administration {
    /// For conversations with operators.
    let memory = TransferMemory()
    let payloads = AdminPayloads()
    private unowned let server: ProxyServer
    private var socket: AdminSocket?
    private var http: AdminHTTPListener?
    private var inquiries = Inquiries()
    private var environments = NamedEnvironments()

    init(_ server: ProxyServer) { self.server = server }

    /// `ADDRESS:PORT` of the pages; nil: there are none.
    var httpAddress: String? { http?.address }

    // MARK: Opening

    /// What other settings need, opened and not yet in force. `commit` or `discard` ends that.
    struct Prepared {
        fileprivate var socket: AdminSocket?
        fileprivate var http: AdminHTTPListener?
    }

    /// Opens what is new, and changes the mode of the runtime socket's file; fails where that is impossible, and changes nothing then. A
    /// socket whose path stays is kept, and so is a listener whose address stays.
    func prepare(_ settings: AdminSettings, _ materials: TLSMaterials) throws(MaterialProblems) -> Prepared {
        var prepared = Prepared()
        if let wanted = settings.http, http?.wanted != wanted.address {
            do {
                let opened = try AdminHTTPListener(wanted, materials, server: server)
                prepared.http = opened
                try opened.begin()
            } catch {
                throw MaterialProblems(lines: ["admin.http \(SocketAddress(wanted.address).text): \(error.description)"])
            }
        }
        // In a takeover the old instance still has the socket.
        if let wanted = settings.socket, !server.isTakingOver {
            do {
                if let socket, socket.settings.path == wanted.path {
                    if socket.settings.mode != wanted.mode { try socket.setMode(wanted.mode) }
                } else {
                    prepared.socket = try AdminSocket(wanted, server: server)
                }
            } catch {
                discard(prepared)
                throw MaterialProblems(lines: ["admin.socket \(wanted.path): \(error.text)"])
            }
        }
        return prepared
    }

    func discard(_ prepared: Prepared) {
        prepared.socket?.close()
        prepared.http?.close()
    }

    /// - Returns: closes the runtime socket that is no longer wanted, with its conversations: to be called when they have their responses.
    func commit(_ prepared: Prepared, _ settings: AdminSettings, _ materials: TLSMaterials) -> () -> Void {
        if let opened = prepared.http {
            http?.close()
            http = opened
        } else if let wanted = settings.http {
            http?.adopt(wanted, materials)
        } else {
            http?.close()
            http = nil
        }
        let old = socket
        if let wanted = settings.socket, prepared.socket == nil {
            socket?.adopt(wanted)
            return {}
        }
        socket = prepared.socket
        return { old?.close() }
    }

    /// The pages with other certificates, CAs or CRLs.
    func adopt(_ materials: TLSMaterials) {
        if let wanted = server.configuration.settings?.admin.http { http?.adopt(wanted, materials) }
    }

    /// Regularly.
    func reportSuppressed() { http?.reportSuppressed() }

    func close() {
        socket?.close()
        socket = nil
        http?.close()
        http = nil
    }

    // MARK: Takeover

    /// In a takeover, before it is complete: the pages' socket of the old instance where it has the address. Nothing is accepted yet.
    func prepareHTTP(_ settings: AdminSettings.HTTP, _ materials: TLSMaterials, _ takeover: Takeover) throws(MaterialProblems) {
        if let socket = takeover.takeAdminHTTP(settings.address) {
            http = AdminHTTPListener(settings, socket, materials, server: server)
            return
        }
        do {
            http = try AdminHTTPListener(settings, materials, server: server)
        } catch {
            throw MaterialProblems(lines: ["admin.http \(SocketAddress(settings.address).text): \(error.description)"])
        }
    }

    /// The takeover is complete: begins to accept. Errors can only be logged.
    func begin(_ settings: AdminSettings, _ takeover: Takeover) {
        do {
            if let wanted = settings.socket, let listener = takeover.takeAdminSocket(path: wanted.path) {
                let opened = try AdminSocket(wanted, listener, server: server)
                socket = opened
                try opened.setMode(wanted.mode)
            }
            try http?.begin()
        } catch {
            server.log.error("no administration after the takeover", metadata: ["reason": "\(error)"])
        }
    }

    /// What a new instance gets: entries of the manifest, and their descriptors in the same order.
    func descriptorsToHandOver() -> (entries: [TakeoverManifest.Entry], descriptors: [Int32]) {
        var entries: [TakeoverManifest.Entry] = []
        var descriptors: [Int32] = []
        if let http {
            entries.append(.adminHTTP(http.wanted))
            descriptors.append(http.descriptor)
        }
        if let socket {
            entries.append(.adminSocket)
            descriptors += socket.descriptorsToHandOver
        }
        return (entries, descriptors)
    }

    /// Another instance accepts from now on; conversations under way continue.
    func handOver() {
        socket?.handOver()
        http?.handOver()
    }

    // MARK: Inquiries

    /// - Parameter finish: called on the control loop, later; not where the result is returned at once
    func ask(_ inquiry: AdminInquiry, finish: @escaping (AdminFinding) -> Void) -> AdminFinding? {
        switch inquiry {
        case .sessions(.list(let limit)):
            let running = server.workers.runningNumbers
            return ask(running, .list(limit: max(1, limit / max(1, running.count))), finish)
        case .sessions(.requests(let limit)): return ask(server.workers.runningNumbers, .requests(limit: limit), finish)
        case .sessions(.one(let number)), .sessions(.end(let number)):
            guard case .sessions(let query) = inquiry, let worker = SessionNumber.worker(of: number) else {
                return .sessions(SessionList())
            }
            return ask(server.workers.runningNumbers.intersection([worker]), query, finish)
        case .stage(let kind, let file, let pem):
            server.staged.stage(MaterialFile.Kind(kind), file, pem, inquiry: inquiries.open([], finish: finish))
        case .commit(let kind, _):
            do {
                let file = try server.staged.beginCommit(MaterialFile.Kind(kind))
                server.staged.commit(file, inquiry: inquiries.open([], finish: finish))
            } catch {
                return .outcome(.refused(error.text))
            }
        case .reload:
            guard !server.lifecycle.isDraining else { return .outcome(.refused("This instance is draining.")) }
            server.reload(inquiry: inquiries.open([], finish: finish))
        case .takeover:
            if let refusal = server.succession.start() { return .outcome(.refused(refusal)) }
            server.succession.await(inquiries.open([], finish: finish))
        case .drain(let seconds):
            server.loop.mailbox.post(.drain)
            server.shutdown.await(inquiries.open([], finish: finish), seconds: seconds)
        }
        return nil
    }

    private func ask(_ asked: Set<Int>, _ query: SessionQuery, _ finish: @escaping (AdminFinding) -> Void) -> AdminFinding? {
        guard !asked.isEmpty else { return .sessions(SessionList()) }
        let number = inquiries.open(asked, finish: finish)
        for worker in asked {
            server.workers.post(
                .sessions(query) { [mailbox = server.loop.mailbox] in mailbox.post(.sessions(inquiry: number, worker: worker, $0)) },
                to: worker)
        }
        return nil
    }

    func answered(_ inquiry: UInt64, by worker: Int, _ list: SessionList) { inquiries.answered(inquiry, by: worker, list)?() }
    func answered(_ inquiry: UInt64, _ finding: AdminFinding) { inquiries.answered(inquiry, finding)?() }
    func workerEnded(_ number: Int) { for reply in inquiries.ended(worker: number) { reply() } }

    // MARK: Environments

    func environmentReports(_ tally: Tally, pool: (String) -> String?) -> [EnvironmentReport] { environments.reports(tally, pool: pool) }
    func forgetEnvironments() { environments = NamedEnvironments() }
}

extension UnixListener.Failure {
    var text: String {
        switch self {
        case .inUse: "another process has it (its lock file is locked)"
        case .notASocket: "a file that is no socket is there"
        case .system(let error): error.description
        }
    }
}
