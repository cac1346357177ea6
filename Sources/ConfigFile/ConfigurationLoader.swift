import Settings

/// A configuration file → settings, or everything that is wrong with it.
///
/// Steps: text → values with places (`Document`), defaults put under pools and servers (`DefaultsMerge`), values → settings
/// (`Decoder`), whose part this instance has (`SiteSelection`, `InstanceEntries`), what only the whole shows (`Validator`), what is hardly meant (`Advice`).
package struct ConfigurationLoader {
    /// - Parameters:
    ///   - path: as the operator named it; diagnostics repeat it.
    ///   - site: from `--site`.
    ///   - environmentSite: from `PUPPETFRONT_SITE`.
    ///   - instance: from `--instance`.
    ///   - environmentInstance: from `PUPPETFRONT_INSTANCE`.
    ///   - checkFiles: whether certificates, keys, CRLs and the like must be readable. What is in them is not looked at here.
    package static func load(
        path: String, site: String?, environmentSite: String?, instance: String? = nil, environmentInstance: String? = nil, checkFiles: Bool
    ) -> LoadResult {
        let bytes: [UInt8]
        do throws(FileAccess.Failure) {
            bytes = try FileAccess.read(path, limit: Document.byteLimit)
        } catch {
            let diagnostic = Diagnostic(.error, file: path, position: .start, message: "cannot be read: \(error.reason)")
            return LoadResult(settings: nil, diagnostics: [diagnostic], file: path)
        }
        return parse(
            bytes, file: path, baseFolder: folder(of: FileAccess.absolute(path)), site: site, environmentSite: environmentSite,
            instance: instance, environmentInstance: environmentInstance, unusable: checkFiles ? FileAccess.problem : { _, _ in nil })
    }

    /// Without the file system.
    ///
    /// - Parameters:
    ///   - file: the name that diagnostics carry.
    ///   - baseFolder: absolute; what relative paths count from.
    ///   - unusable: why the file at an absolute path cannot be read, or run; nil where it can.
    package static func parse(
        _ bytes: [UInt8], file: String, baseFolder: String, site: String? = nil, environmentSite: String? = nil,
        instance: String? = nil, environmentInstance: String? = nil,
        unusable: (String, FileAccess.Use) -> String? = { _, _ in nil }
    ) -> LoadResult {
        let findings = Findings(file: file)
        guard let document = Document.parse(bytes, findings) else {
            return LoadResult(settings: nil, diagnostics: findings.diagnostics, file: file)
        }
        let root = DefaultsMerge.apply(to: document)
        let decoder = Decoder(root, folder: baseFolder, findings)
        var settings = decoder.decode()
        let places = decoder.places
        SiteSelection(argument: site, environment: environmentSite).select(&settings, root, findings)
        InstanceSelection(argument: instance, environment: environmentInstance).select(&settings, root, findings)
        Validator(settings: settings, places: places, findings: findings).validate()
        InstanceEntries(places: places, findings: findings).add(to: &settings)
        for reference in decoder.files {
            guard let problem = unusable(reference.path, reference.use) else { continue }
            findings.error(
                "\"\(reference.label)\": \(reference.path) cannot be \(reference.use.rawValue): \(problem)", at: reference.position)
        }
        let advice = Findings(file: file)
        if !findings.hasErrors { Advice(settings: settings, root: root, findings: advice).give() }
        return LoadResult(
            settings: findings.hasErrors ? nil : settings, diagnostics: findings.diagnostics, advice: advice.diagnostics,
            files: Array(decoder.files), file: file)
    }

    /// The path at `admin.socket`, of a file that may be wrong otherwise: a running service must be reachable just then. Where the file is not
    /// even YAML, the first `path: /…` after `socket:`. nil: neither can be found.
    package static func runtimeSocket(path: String) -> String? {
        guard let bytes = try? FileAccess.read(path, limit: Document.byteLimit) else { return nil }
        var found: String?
        if let document = Document.parse(bytes, Findings(file: path)) {
            if case .scalar(let text) = document["admin"]?["socket"]?["path"]?.content { found = text }
        } else {
            found = firstPath(after: "socket:", in: String(decoding: bytes, as: UTF8.self))
        }
        guard let found, !found.isEmpty else { return nil }
        let folder = folder(of: FileAccess.absolute(path))
        return found.hasPrefix("/") ? found : (folder == "/" ? "/" : folder + "/") + found
    }

    private static func firstPath(after key: String, in text: String) -> String? {
        // Comments are no configuration.
        let code = text.split(separator: "\n").map { $0.prefix { $0 != "#" } }.joined(separator: "\n")
        guard let socket = code.firstRange(of: key), let path = code[socket.upperBound...].firstRange(of: "path:") else { return nil }
        let value = code[path.upperBound...].drop { $0 == " " || $0 == "\"" || $0 == "'" }
        return String(value.prefix { !" \t\n,}\"'".contains($0) })
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "/" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
