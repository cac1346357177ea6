import StandIn
import TestKit

/// What one scenario needs and no other shares: a folder, a CA, the proxy's certificate, servers, and the proxy.
final class Scene {
    let folder: TemporaryFolder
    let authority: StandInAuthority
    /// Servers that no other object holds.
    private var kept: [AnyObject] = []

    init() throws {
        folder = try TemporaryFolder()
        authority = try StandInAuthority()
        try authority.writeTrust(to: folder.path)
        let profile = CertificateProfile("puppet.test", names: ["localhost"], addresses: ["127.0.0.1"])
        try authority.issue(profile).write(to: folder.path, as: "proxy")
    }

    /// A started stand-in Puppet Server, plain HTTP unless `configure` changes that.
    func server(_ name: String = "s1", _ configure: (inout StandInServer.Options) throws -> Void = { _ in }) throws -> StandInServer {
        var options = StandInServer.Options()
        options.name = name
        options.catalog = .bytes(Array("{\"catalog\":\"of \(name)\"}".utf8))
        try configure(&options)
        let server = try StandInServer(options)
        try server.start()
        return server
    }

    /// A server that responds with the request's path once its gate is open.
    func gatedServer() throws -> (server: StandInServer, gate: Gate) {
        let (server, gate) = (try server(), Gate())
        server.answer { request in
            gate.pass()
            return .text(200, request.path)
        }
        return (server, gate)
    }

    /// Lets a server live as long as the scene.
    func keep(_ server: AnyObject) { kept.append(server) }

    /// TLS with a certificate of that name; nil: without one.
    func tls(_ certname: String? = "agent.test") throws -> StandInTLS {
        try .client(certname.map { try authority.issue($0) }, caPEM: authority.caPEM())
    }

    /// Writes the configuration and waits until the proxy is ready.
    func start(
        _ configuration: Configuration, arguments: [String] = [], environment: [String: String] = [:], descriptorLimit: Int? = nil,
        shell: String? = nil
    ) throws -> ProxyProcess {
        try write(configuration)
        return try ProxyProcess(
            configuration: folder.path + "/puppetfront.yaml", arguments: arguments, environment: environment,
            descriptorLimit: descriptorLimit, shell: shell)
    }

    func write(_ configuration: Configuration) throws { try folder.write(configuration.text, to: "puppetfront.yaml") }

    /// Connects to the listener `agents` with a certificate of that name; nil: without one.
    func connect(_ proxy: ProxyProcess, as certname: String? = "agent.test", timeout: Duration = .seconds(10)) throws -> RawClient {
        try RawClient(proxy.port(), tls: try tls(certname), timeout: timeout)
    }
}
