import StandIn

/// Requests that can be distinguished by their paths.
enum NumberedRequest {
    enum Kind: Sendable { case catalog, fileMetadata }

    /// The whole request, for a connection of its own.
    static func text(_ number: Int, _ kind: Kind) -> String {
        let fields = "Host: puppet.test:8140\r\nConnection: close\r\n"
        let environment = "environment=production"
        switch kind {
        case .fileMetadata: return "GET /puppet/v3/file_metadata/modules/m/\(number)?\(environment) HTTP/1.1\r\n\(fields)\r\n"
        case .catalog:
            let body = "facts_format=application%2Fjson&facts=%257B%257D&\(environment)"
            return "POST /puppet/v3/catalog/\(number)?\(environment) HTTP/1.1\r\n\(fields)"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
    }

    /// nil for what this type did not make.
    static func number(of request: RecordedRequest) -> Int? { request.path.split(separator: "/").last.flatMap { Int($0) } }
}
