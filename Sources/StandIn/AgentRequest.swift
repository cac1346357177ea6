import Foundation

/// One request of an agent's run, with the head that agent 7.23.0 sends: the same fields in the same order.
package struct AgentRequest: Sendable {
    /// What a failure of this request means for the run.
    package enum Role: Sendable { case certificates, plugins, catalog, file, report }

    package var role: Role
    package var method = "GET"
    package var target: String
    package var accept: String
    package var contentType: String?
    package var body: [UInt8] = []

    /// - Parameter host: the Host field's value, with the port
    package func bytes(host: String) -> [UInt8] {
        var head = """
            \(method) \(target) HTTP/1.1\r
            X-Puppet-Version: 7.23.0\r
            User-Agent: Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)\r
            Accept: \(accept)\r\n
            """
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        head += "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\nHost: \(host)\r\n"
        if method != "GET" { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    // MARK: The bootstrap

    package static let caCertificate = certificates("GET", "certificate/ca")
    package static let revocationList = certificates("GET", "certificate_revocation_list/ca")
    package static func certificate(_ certname: String) -> AgentRequest { certificates("GET", "certificate/\(certname)") }

    package static func certificateRequest(_ certname: String, pem: String) -> AgentRequest {
        var request = certificates("PUT", "certificate_request/\(certname)")
        request.contentType = "text/plain"
        request.body = Array(pem.utf8)
        return request
    }

    private static func certificates(_ method: String, _ rest: String) -> AgentRequest {
        AgentRequest(role: .certificates, method: method, target: "/puppet-ca/v1/" + rest, accept: "text/plain")
    }

    // MARK: The run

    /// A run that changes nothing: three plugin probes, the catalog, forty files' metadata, a folder's, the report.
    package static func steadyRun(_ certname: String, environment: String) -> [AgentRequest] {
        plugins(environment) + [catalog(certname, environment: environment)] + metadata(environment)
            + [report(certname, environment: environment, byteCount: 60_000)]
    }

    /// A run on a new machine: every plugin and file is fetched too.
    package static func firstRun(_ certname: String, environment: String) -> [AgentRequest] {
        let pluginFiles = (1...197).map { content("plugins/facter/fact_\($0).rb", .plugins, environment) }
        let files = (1...60).map { content("modules/labfiles/small_\($0).conf", .file, environment) }
        return plugins(environment) + pluginFiles + [catalog(certname, environment: environment)] + metadata(environment) + files
            + [report(certname, environment: environment, byteCount: 420_000)]
    }

    package static func catalog(_ certname: String, environment: String, factCount: Int = 120) -> AgentRequest {
        let facts = (1...factCount).map { "\"fact_\($0)\":\"value of fact \($0)\"" }.joined(separator: ",")
        let json = "{\"name\":\"\(certname)\",\"values\":{\(facts)}}"
        let form =
            "facts_format=application%2Fjson&facts=\(escaped(escaped(json)))&environment=\(environment)"
            + "&configured_environment=\(environment)&check_environment=true&transaction_uuid=\(UUID().uuidString.lowercased())"
            + "&job_uuid=&static_catalog=true&checksum_type=sha256.sha384.sha512.sha224.md5"
        return AgentRequest(
            role: .catalog, method: "POST", target: "/puppet/v3/catalog/\(certname)?environment=\(environment)",
            accept: "application/vnd.puppet.rich+json, application/json, text/pson",
            contentType: "application/x-www-form-urlencoded", body: Array(form.utf8))
    }

    package static func report(_ certname: String, environment: String, byteCount: Int) -> AgentRequest {
        let body = Array("{\"host\":\"\(certname)\",\"logs\":[\"".utf8) + [UInt8](repeating: 0x2E, count: byteCount) + Array("\"]}".utf8)
        return AgentRequest(
            role: .report, method: "PUT", target: "/puppet/v3/report/\(certname)?environment=\(environment)",
            accept: "application/json, text/pson", contentType: "application/json", body: body)
    }

    private static func plugins(_ environment: String) -> [AgentRequest] {
        let ignored = "&ignore=.svn&ignore=CVS&ignore=.git&ignore=.hg&links=follow&checksum_type=sha256"
        let tail = "&environment=\(environment)"
        return [
            "plugins?recurse=false&links=manage&checksum_type=sha256&source_permissions=ignore" + tail,
            "pluginfacts?recurse=true&max_files=-1\(ignored)&source_permissions=use" + tail,
            "plugins?recurse=true&max_files=-1\(ignored)&source_permissions=ignore" + tail,
        ].map { AgentRequest(role: .plugins, target: "/puppet/v3/file_metadatas/" + $0, accept: "application/json, text/pson") }
    }

    private static func metadata(_ environment: String) -> [AgentRequest] {
        let tail = "links=manage&checksum_type=sha256&source_permissions=ignore&environment=\(environment)"
        let files = (1...40).map { "file_metadata/modules/labfiles/small_\($0).conf?" + tail }
        return (files + ["file_metadatas/modules/labfiles/tree?recurse=true&max_files=0&" + tail]).map {
            AgentRequest(role: .file, target: "/puppet/v3/" + $0, accept: "application/json, text/pson")
        }
    }

    private static func content(_ path: String, _ role: Role, _ environment: String) -> AgentRequest {
        AgentRequest(role: role, target: "/puppet/v3/file_content/\(path)?environment=\(environment)", accept: "application/octet-stream")
    }

    private static func escaped(_ text: String) -> String {
        let kept = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    }
}
