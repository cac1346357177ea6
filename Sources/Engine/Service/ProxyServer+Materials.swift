import Admin
import Model
import Settings
import TLS

/// Certificates, CA files and CRLs that operators replace while the process runs. In memory alone: a reload reads the files.
extension ProxyServer {
    struct Refusal: Error {
        let text: String
    }

    /// In force, each file once.
    func materialFiles(_ kind: MaterialFile.Kind) -> [MaterialFile] {
        let all =
            (materials.listeners + [materials.admin]).flatMap { $0?.parts ?? [] }
            + materials.upstream.values.flatMap(\.parts).sorted { $0.path < $1.path }
        var seen: Set<String> = []
        return all.filter { $0.kind == kind && seen.insert($0.path).inserted }
    }

    /// Read on the files thread, since a CRL may be large.
    func stage(_ kind: MaterialFile.Kind, _ path: String, _ pem: [UInt8], inquiry: UInt64) {
        files.perform { [mailbox = loop.mailbox] in
            let staged = (try? MaterialFile(kind, path: path, pem: pem)).map { StagedMaterial(file: $0, pem: pem) }
            mailbox.post(.staged(inquiry: inquiry, staged))
        }
    }

    func staged(_ made: StagedMaterial?, inquiry: UInt64) {
        if let made { transactions[made.file.kind] = made }
        inquiries.answered(inquiry, made == nil ? .refused("") : .done)?()
    }

    func committable(_ kind: MaterialFile.Kind) -> Result<StagedMaterial, Refusal> {
        guard let made = transactions[kind] else { return .failure(Refusal(text: "No ongoing transaction! !")) }
        if kind == .certificate {
            guard made.file.hasKey else {
                return .failure(Refusal(text: "The transaction must contain at least a certificate and a private key!"))
            }
            guard made.file.keyFits else {
                return .failure(Refusal(text: "inconsistencies between private key and certificate loaded '\(made.file.path)'."))
            }
        }
        guard !isReloading, !isDraining else { return .failure(Refusal(text: "A reload or the end is under way: try again.")) }
        return .success(made)
    }

    /// Everything that names the file is made anew, on the files thread; reloads wait for it.
    func commit(_ made: StagedMaterial, inquiry: UInt64) {
        guard let settings = snapshot?.settings else { return }
        isReloading = true
        var contents = [made.file.path: made.pem]
        if made.file.kind == .certificate {
            for files in settings.certificateFiles where files.chain == made.file.path { contents[files.key] = made.pem }
        }
        files.perform { [mailbox = loop.mailbox, materials, contents] in
            let result: Result<SnapshotBuilder.Materials, MaterialProblems>
            do throws(MaterialProblems) {
                result = .success(try SnapshotBuilder.replacing(contents, in: materials, settings))
            } catch {
                result = .failure(error)
            }
            mailbox.post(.rebuilt(inquiry: inquiry, made, result))
        }
    }

    func rebuilt(_ made: StagedMaterial, _ result: Result<SnapshotBuilder.Materials, MaterialProblems>, inquiry: UInt64) {
        defer { reloadEnded() }
        switch result {
        case .failure(let problems): inquiries.answered(inquiry, .refused(problems.lines.joined(separator: "\n")))?()
        case .success(let new):
            guard !isDraining, let old = snapshot else {
                inquiries.answered(inquiry, .refused("The end is under way."))?()
                return
            }
            adopt(new, old)
            // Another `set` may have come meanwhile.
            if transactions[made.file.kind]?.pem == made.pem { transactions[made.file.kind] = nil }
            log.notice("replaced in memory", metadata: ["file": "\(made.file.path)"])
            history.note("\(made.file.path) was replaced in memory", now: .now)
            notifyHook(.certificateChanged) { $0.files = [made.file.path] }
            inquiries.answered(inquiry, .done)?()
        }
    }

    /// The same settings with other material. Servers that came at run time, and addresses set then, stay.
    private func adopt(_ new: SnapshotBuilder.Materials, _ old: Snapshot) {
        let previous = materials
        materials = new
        let next = makeSnapshot(old.settings, generation: old.generation + 1)
        adoptAdminHTTP(old.settings.admin.http)
        for pool in next.pools {
            let settings = pool.settings
            guard settings.upstreamTLS.contains(where: { new.upstream($0) !== previous.upstream($0) }) else { continue }
            refresh(pool, settings, next)
        }
        publish(next)
        checker.adopt(next.pools)
    }
}

extension ProxySettings {
    fileprivate var certificateFiles: [CertificateFiles] {
        (listeners.compactMap(\.tls) + [admin.http?.tls].compactMap { $0 }).flatMap(\.certificates)
            + pools.flatMap(\.upstreamTLS).compactMap(\.certificate)
    }
}
