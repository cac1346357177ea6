import Admin
import Model
import Network
import Settings
import TLS

/// Which certificates, CA files and CRLs do operators want in place of files (`set ssl`, `commit ssl`)? In memory alone: a reload reads the
/// files. One transaction of each kind. On the control loop.
final class StagedMaterials {
    struct Refusal: Error {
        let text: String
    }

    private unowned let server: ProxyServer
    private let files: BackgroundThread
    private var transactions: [MaterialFile.Kind: StagedMaterial] = [:]

    init(_ server: ProxyServer, on files: BackgroundThread) {
        self.server = server
        self.files = files
    }

    subscript(kind: MaterialFile.Kind) -> StagedMaterial? { transactions[kind] }
    func abort(_ kind: MaterialFile.Kind) { transactions[kind] = nil }
    /// After a reload.
    func abortAll() { transactions.removeAll() }

    /// Read on the files thread, since a CRL may be large.
    func stage(_ kind: MaterialFile.Kind, _ path: String, _ pem: [UInt8], inquiry: UInt64) {
        files.perform { [mailbox = server.loop.mailbox] in
            let staged = (try? MaterialFile(kind, path: path, pem: pem)).map { StagedMaterial(file: $0, pem: pem) }
            mailbox.post(.staged(inquiry: inquiry, staged))
        }
    }

    func staged(_ made: StagedMaterial?, inquiry: UInt64) {
        if let made { transactions[made.file.kind] = made }
        server.administration.answered(inquiry, .outcome(made == nil ? .refused("") : .done))
    }

    /// Keeps reloads waiting until the commit has ended.
    func beginCommit(_ kind: MaterialFile.Kind) throws(Refusal) -> StagedMaterial {
        guard let made = transactions[kind] else { throw Refusal(text: "No ongoing transaction! !") }
        if kind == .certificate {
            guard made.file.hasKey else { throw Refusal(text: "The transaction must contain at least a certificate and a private key!") }
            guard made.file.keyFits else {
                throw Refusal(text: "inconsistencies between private key and certificate loaded '\(made.file.path)'.")
            }
        }
        guard !server.lifecycle.isDraining, server.configuration.snapshot != nil, server.reloader.beginCommit() else {
            throw Refusal(text: "A reload or the end is under way: try again.")
        }
        return made
    }

    /// Everything that names the file is loaded again, on the files thread.
    func commit(_ made: StagedMaterial, inquiry: UInt64) {
        guard let settings = server.configuration.settings else { return }
        var contents = [made.file.path: made.pem]
        if made.file.kind == .certificate {
            for files in settings.certificateFiles where files.chain == made.file.path { contents[files.key] = made.pem }
        }
        files.perform { [mailbox = server.loop.mailbox, materials = server.configuration.materials, contents] in
            let result: Result<TLSMaterials, MaterialProblems>
            do throws(MaterialProblems) {
                result = .success(try TLSMaterialLoader.replacing(contents, in: materials, settings))
            } catch {
                result = .failure(error)
            }
            mailbox.post(.rebuilt(inquiry: inquiry, made, result))
        }
    }

    func rebuilt(_ made: StagedMaterial, _ result: Result<TLSMaterials, MaterialProblems>, inquiry: UInt64) {
        defer { server.reloader.endCommit() }
        switch result {
        case .failure(let problems): server.administration.answered(inquiry, .outcome(.refused(problems.lines.joined(separator: "\n"))))
        case .success(let new):
            guard !server.lifecycle.isDraining, let old = server.configuration.snapshot else {
                return server.administration.answered(inquiry, .outcome(.refused("The end is under way.")))
            }
            install(new, old)
            // A later `set ssl` is not committed yet.
            if transactions[made.file.kind]?.pem == made.pem { transactions[made.file.kind] = nil }
            server.log.notice("replaced in memory", metadata: ["file": "\(made.file.path)"])
            server.changes.note("\(made.file.path) was replaced in memory")
            server.changes.notifier.notify(.certificateChanged) { $0.files = [made.file.path] }
            server.administration.answered(inquiry, .outcome(.done))
        }
    }

    /// The same settings with other material. Servers added at run time, and addresses set then, stay.
    private func install(_ new: TLSMaterials, _ old: Snapshot) {
        let previous = server.configuration.materials
        server.configuration.install(new, isFromDisk: false)
        let next = server.installSnapshot(old.settings)
        server.administration.adopt(new)
        for pool in next.pools {
            let settings = pool.settings
            guard settings.upstreamTLS.contains(where: { new.upstream($0) !== previous.upstream($0) }) else { continue }
            server.pools.refresh(pool, settings, new, next)
        }
        server.publish(next)
        server.pools.adoptChecks(next)
    }
}

extension ProxySettings {
    fileprivate var certificateFiles: [CertificateFiles] {
        (listeners.compactMap(\.tls) + [admin.http?.tls].compactMap { $0 }).flatMap(\.certificates)
            + pools.flatMap(\.upstreamTLS).compactMap(\.certificate)
    }
}

extension TLSMaterials {
    /// In force, each file once.
    func files(_ kind: MaterialFile.Kind) -> [MaterialFile] {
        let all =
            (listeners + [admin]).flatMap { $0?.parts ?? [] } + upstream.values.flatMap(\.parts).sorted { $0.path < $1.path }
        var seen: Set<String> = []
        return all.filter { $0.kind == kind && seen.insert($0.path).inserted }
    }
}
