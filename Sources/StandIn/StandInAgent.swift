import COpenSSL

/// A stand-in for `puppet agent`: one request after another on a kept-alive TLS connection, never a retry, no ALPN, no resumption.
/// Like the real one it abandons a failed connection and opens another for the next request.
package struct StandInAgent: Sendable {
    package var certname: String
    package var environment: String
    package var address: String
    package var port: UInt16
    /// SNI, and the host of the Host field.
    package var serverName: String
    package var timeout: Duration = .seconds(60)

    package init(
        _ certname: String, environment: String = "production", address: String = "127.0.0.1", port: UInt16,
        serverName: String = "puppet.test"
    ) {
        self.certname = certname
        self.environment = environment
        self.address = address
        self.port = port
        self.serverName = serverName
    }

    /// What an agent has after its bootstrap.
    package struct Membership: Sendable {
        package let credential: Credential
        package let caPEM: String
        package let crlPEM: String

        package init(credential: Credential, caPEM: String, crlPEM: String) {
            self.credential = credential
            self.caPEM = caPEM
            self.crlPEM = crlPEM
        }
    }

    /// Fetches CA and CRL, makes a key and a request, has it signed and fetches the certificate, all over connections without a
    /// client certificate. The first connection trusts any server, as the real agent's does; the others verify.
    /// - Throws: `unexpectedStatus` if the certificate is not there at once (no autosign)
    package func bootstrap() throws(StandInError) -> Membership {
        let ca = try fetch(.caCertificate, over: .client())
        let anonymous = try StandInTLS.client(caPEM: ca)
        let crl = try fetch(.revocationList, over: anonymous)
        let key = try KeyPair()
        let request = try CertificateRequest(certname: certname, key: key)
        let connection = try connect(anonymous)
        defer { connection.stream.close() }
        _ = try text(of: .certificateRequest(certname, pem: try request.pem()), over: connection)
        let pem = try text(of: .certificate(certname), over: connection)
        return Membership(credential: Credential(certificate: try Certificate(pem: pem), key: key, chain: []), caPEM: ca, crlPEM: crl)
    }

    /// Sends the requests in order and reports each that did not get a 2xx response.
    package func run(_ requests: [AgentRequest], as membership: Membership) -> RunReport {
        var report = RunReport(certname: certname)
        let clock = ContinuousClock()
        let start = clock.now
        var connection: MessageReader?
        do {
            let tls = try StandInTLS.client(membership.credential, caPEM: membership.caPEM)
            for request in requests {
                report.requestCount += 1
                send(request, tls, &connection, &report)
                if request.role == .catalog, !report.hasCatalog { break }
            }
        } catch {
            report.failures.append(.init(role: .catalog, target: "TLS", reason: "\(error)"))
        }
        connection?.stream.close()
        report.duration = clock.now - start
        return report
    }

    package func steadyRun(as membership: Membership) -> RunReport {
        run(AgentRequest.steadyRun(certname, environment: environment), as: membership)
    }

    package func firstRun(as membership: Membership) -> RunReport {
        run(AgentRequest.firstRun(certname, environment: environment), as: membership)
    }

    private func send(_ request: AgentRequest, _ tls: StandInTLS, _ connection: inout MessageReader?, _ report: inout RunReport) {
        do {
            let open: MessageReader
            if let kept = connection {
                open = kept
            } else {
                open = try connect(tls)
                report.connectionCount += 1
                connection = open
            }
            let answer = try exchange(request, over: open)
            if answer.head.lists("close", in: "Connection") {
                open.stream.close()
                connection = nil
            }
            if request.role == .catalog { report.compiler = answer.head.first("X-Puppet-Compiler-Name") }
            if !(200..<300).contains(answer.status) {
                report.failures.append(.init(role: request.role, target: request.target, reason: "\(answer.status)"))
            }
        } catch {
            connection?.stream.close()
            connection = nil
            report.failures.append(.init(role: request.role, target: request.target, reason: "\(error)"))
        }
    }

    private func connect(_ tls: StandInTLS) throws(StandInError) -> MessageReader {
        let stream = try StandInStream(connectingTo: address, port: port, timeout: timeout)
        try stream.startTLS(tls, serverName: serverName)
        return MessageReader(stream)
    }

    private func fetch(_ request: AgentRequest, over tls: StandInTLS) throws(StandInError) -> String {
        let connection = try connect(tls)
        defer { connection.stream.close() }
        return try text(of: request, over: connection)
    }

    private func text(of request: AgentRequest, over connection: MessageReader) throws(StandInError) -> String {
        let answer = try exchange(request, over: connection)
        guard answer.status == 200 else { throw .unexpectedStatus(answer.status, target: request.target) }
        return String(decoding: answer.body, as: UTF8.self)
    }

    private func exchange(
        _ request: AgentRequest, over connection: MessageReader
    ) throws(StandInError) -> (head: MessageHead, status: Int, body: [UInt8]) {
        try connection.stream.write(request.bytes(host: "\(serverName):\(port)"))
        while let head = try connection.readHead() {
            let words = head.startLine.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, let status = Int(words[1]) else { throw .malformed(head.startLine) }
            if (100..<200).contains(status) { continue }
            var framing = MessageReader.Framing.untilClose
            if head.lists("chunked", in: "Transfer-Encoding") {
                framing = .chunked
            } else if let count = head.first("Content-Length").flatMap({ Int($0) }) {
                framing = .length(count)
            } else if status == 204 || status == 304 {
                framing = .none
            }
            var body: [UInt8] = []
            try connection.readContent(framing) { if body.count < 1 << 20 { body.append(contentsOf: $0) } }
            return (head, status, body)
        }
        throw .endOfStream
    }
}
