import StandIn
import TestKit
import Testing

/// A proxy with `admin.http` before one server, both alive as long as the scene, and a monitor that is connected there.
enum AdminScene {
    static let address = "127.0.0.3"
    static let lines = ["admin:", "  http: { address: \"\(address):0\" }"]

    static func start(_ scene: Scene, lines: [String] = []) throws -> (server: StandInServer, proxy: ProxyProcess, monitor: RawClient) {
        let server = try scene.server()
        let configuration = Configuration(.init(servers: [Configuration.server("s1", server.address)], lines), lines: Self.lines)
        let proxy = try scene.start(configuration)
        scene.keep(server)
        scene.keep(proxy)
        return (server, proxy, try connect(proxy))
    }

    static func get(_ target: String, fields: [String] = []) -> String { request("GET", target, fields: fields) }

    /// By the address that it is asked at, as a browser's or scraper's.
    static func request(_ method: String, _ target: String, fields: [String] = [], body: String? = nil) -> String {
        Requests.make(method, target, fields: fields, body: body).replacing("Host: puppet.test:8140", with: "Host: \(address)")
    }

    static func connect(_ proxy: ProxyProcess, tls: StandInTLS? = nil) throws -> RawClient {
        try RawClient(proxy.port("admin"), tls: tls, address: address)
    }
}
