import Foundation
import StandIn
import TestKit

/// Two pools with one scripted server each, and agents that send exactly what a test wants: every figure on the page is known.
///
/// Pool `compilers` takes one request at a time. Catalogs of `broken*` get 500, those of `slow*` take 400 ms, those of `held*` wait for
/// `gate`; environment `staging` goes to pool `other`.
final class PageScene {
    let folder: TemporaryFolder
    let gate = Gate()
    let token = "token-of-the-page-tests"
    let proxy: ProxyProcess
    private let authority: StandInAuthority
    private let servers: [StandInServer]

    var page: String { "http://\(proxy.addresses["admin"] ?? "")/" }
    var socket: String { folder.path + "/admin.sock" }

    /// - Parameters:
    ///   - lines: further keys of the file
    ///   - stick: of pool `compilers`
    init(lines: [String] = [], stick: String? = nil) throws {
        folder = try TemporaryFolder()
        authority = try StandInAuthority(name: "page")
        servers = try ["p1", "q1"].map { name in
            var options = StandInServer.Options()
            options.name = name
            options.catalog = .sized(1000)
            let server = try StandInServer(options)
            try server.start()
            return server
        }
        let gate = gate
        for server in servers { server.answer { Self.script($0, gate) } }
        try authority.writeTrust(to: folder.path)
        try authority.issue(CertificateProfile("puppet.test", names: ["puppet"], addresses: ["127.0.0.1"])).write(to: folder.path)
        try folder.write(token + "\n", to: "page-token")
        proxy = try ProxyProcess(configuration: try folder.write(Self.configuration(servers, lines, stick), to: "puppetfront.yaml"))
    }

    deinit {
        gate.open()
        for server in servers { server.stop() }
    }

    private static func configuration(_ servers: [StandInServer], _ lines: [String], _ stick: String?) -> String {
        """
        \(lines.joined(separator: "\n"))
        listeners:
          - name: agents
            address: "127.0.0.1:0"
            tls: { certificate: { chain: puppet.test.pem, key: puppet.test.key }, client_ca: ca.pem, crl: crl.pem }
        pools:
          compilers: { \(stick.map { "stick: \($0), " } ?? "")servers: [{ name: p1, address: "\(servers[0].address)", maxconn: 1 }] }
          other: { servers: [{ name: q1, address: "\(servers[1].address)" }] }
        environments: { staging: other, default: compilers }
        admin:
          socket: { path: admin.sock }
          http: { address: "127.0.0.1:0", allow_changes: true, token_file: page-token }

        """
    }

    private static func script(_ request: RecordedRequest, _ gate: Gate) -> StandInAnswer? {
        guard request.target.hasPrefix("/puppet/v3/catalog/") else { return nil }
        let name = request.target.dropFirst("/puppet/v3/catalog/".count)
        if name.hasPrefix("broken") { return .text(500, "Server Error: Evaluation Error: <i>no such class</i>") }
        var answer = StandInAnswer(200, .bytes(Array("{}".utf8)))
        if name.hasPrefix("slow") { answer.delay = .milliseconds(400) }
        if name.hasPrefix("held") { gate.pass(timeout: .seconds(60)) }
        return answer
    }

    /// Requests that run on a server: `scur` of `show stat`.
    func running(_ pool: String, _ server: String) throws -> String? {
        let rows = try UnixClient.ask(socket, "show stat").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return rows.first { $0.count > 4 && $0[0] == pool && $0[1] == server }?[4]
    }

    // MARK: Agents

    /// A connection with a certificate of that name.
    func connect(_ certname: String) throws -> RawClient {
        try RawClient(proxy.port(), tls: try .client(authority.issue(certname), caPEM: authority.caPEM()), timeout: .seconds(60))
    }

    static func catalog(_ certname: String, _ environment: String = "production") -> String {
        let body = "environment=\(environment)&facts_format=application%2Fjson&facts=%257B%257D&transaction_uuid=1234"
        return "POST /puppet/v3/catalog/\(certname)?environment=\(environment) HTTP/1.1\r\nHost: puppet.test:8140\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func report(_ certname: String) -> String {
        "PUT /puppet/v3/report/\(certname)?environment=production HTTP/1.1\r\nHost: puppet.test:8140\r\nContent-Type: application/json\r\n"
            + "Content-Length: 2\r\n\r\n{}"
    }

    /// Asks for a catalog; its status.
    @discardableResult
    func run(_ certname: String, environment: String = "production", reports: Bool = false) throws -> Int {
        let client = try connect(certname)
        let status = try client.exchange(Self.catalog(certname, environment)).status
        if reports { _ = try client.exchange(Self.report(certname)) }
        return status
    }
}
