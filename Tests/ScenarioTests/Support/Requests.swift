/// Requests as text, with the fields that every one needs.
enum Requests {
    static func make(_ method: String, _ target: String, fields: [String] = [], body: String? = nil) -> String {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: puppet.test:8140\r\n"
        for field in fields { head += field + "\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        return head + "\r\n" + (body ?? "")
    }

    static func get(_ target: String, fields: [String] = []) -> String { make("GET", target, fields: fields) }

    /// A file's metadata: a request that every certificate may make.
    static func metadata(_ file: String = "a", environment: String = "production") -> String {
        get("/puppet/v3/file_metadata/modules/m/\(file)?environment=\(environment)")
    }

    static func catalog(_ certname: String = "agent.test", environment: String = "production", body: String? = nil) -> String {
        make(
            "POST", "/puppet/v3/catalog/\(certname)?environment=\(environment)",
            fields: ["Content-Type: application/x-www-form-urlencoded"],
            body: body ?? "facts_format=application%2Fjson&facts=%257B%257D&environment=\(environment)&transaction_uuid=1234")
    }

    static func report(_ certname: String = "agent.test") -> String {
        make("PUT", "/puppet/v3/report/\(certname)?environment=production", fields: ["Content-Type: application/json"], body: "{}")
    }
}
