import StandIn
import TestKit
import Testing

/// One file of ticket keys for puppetfront and HAProxy: where no client certificates are asked for, each resumes the other's sessions.
struct SharesTicketsWithHAProxyTests {
    @Test(arguments: [Int32(0x0303), 0x0304], [48, 80])
    func eachResumesTheOthersSessions(_ version: Int32, _ byteCount: Int) throws {
        let folder = try TemporaryFolder()
        let authority = try StandInAuthority()
        try authority.issue(CertificateProfile("puppet.test", names: ["localhost"])).write(to: folder.path, as: "proxy")
        try folder.write(folder.read("proxy.pem") + folder.read("proxy.key"), to: "both.pem")
        try folder.write(keys(byteCount), to: "tickets")
        let port = try LoopbackPort()
        let haproxy = try ChildProcess([
            "/usr/sbin/haproxy", "-db", "-f", folder.write(haproxyText(folder.path, port.text), to: "haproxy.cfg"),
        ])
        let ours = try ProxyProcess(configuration: folder.write(text, to: "puppetfront.yaml"))
        let tls = try StandInTLS.client(caPEM: authority.caPEM(), version: version)
        #expect(waitUntil { (try? session(port.number, tls)) != nil || !haproxy.isRunning }, "\(haproxy.errorLines)")
        for (from, to) in [(ours.port(), port.number), (port.number, ours.port())] {
            let resumed = try RawClient(to, tls: tls, session: session(from, tls))
            #expect(try resumed.exchange("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n").status == 200)
            #expect(resumed.stream.isResumed, "\(to == port.number ? "HAProxy" : "puppetfront")")
        }
    }

    private func session(_ port: UInt16, _ tls: StandInTLS) throws -> StandInSession {
        let client = try RawClient(port, tls: tls)
        _ = try client.exchange("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n")
        return try #require(client.stream.session)
    }

    /// A session is resumed only under a cipher suite with its hash, so HAProxy gets puppetfront's order.
    private func haproxyText(_ folder: String, _ address: String) -> String {
        """
        global
          ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
          tune.ssl.cachesize 0
        defaults
          mode http
          timeout client 10s
          timeout connect 10s
          timeout server 10s
        frontend agents
          bind \(address) ssl crt \(folder)/both.pem tls-ticket-keys \(folder)/tickets
          http-request return status 200

        """
    }

    private let text = """
        listeners:
          address: "127.0.0.1:0"
          name: agents
          status_path: /alive
          tls:
            certificate: { chain: proxy.pem, key: proxy.key }
            client_certificate: none
            session_tickets: true
            ticket_keys: tickets
        pools: { compilers: { servers: { name: s1, address: "127.0.0.1:9" } } }
        environments: { default: compilers }

        """

    private func keys(_ byteCount: Int) -> String {
        (1...3).map { String(repeating: "k\($0)+/", count: byteCount / 3) + (byteCount == 80 ? "k90=" : "") + "\n" }.joined()
    }
}
