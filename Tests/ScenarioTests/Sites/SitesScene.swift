import Foundation
import StandIn
import TestKit

/// Three sites in network namespaces: each has a stand-in server, puppetfront and BIRD with BFD. A router with BIRD, without ECMP, knows
/// where the service address is; agents are behind it. Site 1 is the router's first choice, by MED, then 2, then 3.
final class SitesScene {
    static let address = "192.0.2.53"
    static let address6 = "2001:db8::53"
    /// Whether namespaces can be made here.
    static let isPossible: Bool = {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/sbin/bird"), let name = Optional("pfaprobe\(getpid())"),
            (try? Tool.run(["/bin/ip", "netns", "add", name])) == 0
        else { return false }
        _ = try? Tool.run(["/bin/ip", "netns", "del", name])
        return true
    }()

    let scene: Scene
    /// Instances of sites 1 and 2 share an agent's server as peers.
    var sharesSticks = false
    let prefix = "pfa\(getpid())"
    private var birds: [Int: ChildProcess] = [:]
    private(set) var servers: [Int: ChildProcess] = [:]
    private(set) var proxies: [Int: ProxyProcess] = [:]
    private var router: ChildProcess?
    private var names: [String] = []

    init() throws {
        scene = try Scene()
        try scene.folder.write(Self.serverProgram, to: "server.py")
        try scene.folder.write(Self.agentProgram, to: "agent.py")
        try scene.authority.issue("agent.test").write(to: scene.folder.path, as: "agent")
        try namespace("r")
        try namespace("c")
        try inside("r", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        try link("c", 9)
        for site in 1...3 {
            try namespace("\(site)")
            try link("\(site)", site)
            try inside("\(site)", "ip addr add \(Self.address)/32 dev lo && ip addr add \(Self.address6)/128 dev lo nodad")
        }
        router = try bird("r", Self.routerConfiguration)
        for site in 1...3 {
            try startBIRD(site)
            try startServer(site)
        }
    }

    deinit {
        for child in [router].compactMap({ $0 }) + Array(birds.values) + Array(servers.values) + proxies.values.map(\.child) {
            child.signal(SIGKILL)
        }
        proxies = [:]
        for name in names { _ = try? Tool.run(["/bin/ip", "netns", "del", name]) }
    }

    private func namespace(_ name: String) throws {
        _ = try Tool.run(["/bin/ip", "netns", "add", prefix + name])
        names.append(prefix + name)
        try inside(name, "ip link set lo up")
    }

    /// A veth pair to the router: 10.99.N.2 and fd99:N::2 here, 10.99.N.1 and fd99:N::1 there.
    private func link(_ name: String, _ number: Int) throws {
        try inside("r", "ip link add to\(name) type veth peer name uplink netns \(prefix)\(name)")
        try inside("r", "ip addr add 10.99.\(number).1/24 dev to\(name) && ip link set to\(name) up")
        try inside(name, "ip addr add 10.99.\(number).2/24 dev uplink && ip link set dev uplink up")
        try inside(name, "ip route add default via 10.99.\(number).1")
        try inside("r", "ip addr add fd99:\(number)::1/64 dev to\(name) nodad")
        try inside(name, "ip addr add fd99:\(number)::2/64 dev uplink nodad && ip route add default via fd99:\(number)::1")
    }

    func inside(_ name: String, _ command: String) throws {
        let code = try Tool.run(["/bin/ip", "netns", "exec", prefix + name, "/bin/sh", "-c", command])
        if code != 0 { throw Failure(text: "\(name): \(command): \(String(describing: code))") }
    }

    struct Failure: Error { let text: String }

    private func within(_ name: String, _ words: [String]) throws -> ChildProcess {
        try ChildProcess(["/bin/ip", "netns", "exec", prefix + name] + words)
    }

    private func bird(_ name: String, _ configuration: String) throws -> ChildProcess {
        try scene.folder.write(configuration, to: "bird-\(name).conf")
        let path = scene.folder.path
        return try within(name, ["/usr/sbin/bird", "-f", "-c", "\(path)/bird-\(name).conf", "-s", "\(path)/bird-\(name).ctl"])
    }

    // MARK: Parts

    func startBIRD(_ site: Int) throws { birds[site] = try bird("\(site)", Self.siteConfiguration(site)) }
    func startServer(_ site: Int) throws {
        servers[site] = try within("\(site)", ["/usr/bin/python3", scene.folder.path + "/server.py", "10.99.\(site).2", "site\(site)"])
    }

    /// ExaBGP in place of BIRD at a site; it runs `puppetfront anycast exabgp`.
    func startExaBGP(_ site: Int) throws {
        let path = scene.folder.path
        let run = "\(ProxyProcess.binary ?? "") anycast exabgp --socket \(path)/site\(site).sock --prefix \(Self.address)/32"
        try scene.folder.write(
            """
            process puppetfront { run \(run) --med \(site * 10) --unfit-med \(1000 + site * 10); encoder text; }
            neighbor 10.99.\(site).1 {
              router-id 10.99.\(site).2; local-address 10.99.\(site).2; local-as 64512; peer-as 64500;
              family { ipv4 unicast; }
              api { processes [ puppetfront ]; }
            }

            """, to: "exabgp.conf")
        // Its user must be able to reach the runtime socket.
        let settings = "exabgp.daemon.user=root exabgp.daemon.drop=false exabgp.log.level=WARNING"
        let words = ["/usr/bin/env"] + settings.split(separator: " ").map(String.init) + ["/usr/sbin/exabgp", path + "/exabgp.conf"]
        birds[site] = try within("\(site)", words)
    }

    func killBIRD(_ site: Int) { birds[site]?.signal(SIGKILL) }
    func killServer(_ site: Int) { servers[site]?.signal(SIGKILL) }
    func killProxy(_ site: Int) { proxies[site]?.child.signal(SIGKILL) }
    func setLink(_ site: Int, isUp: Bool) throws {
        guard isUp else { return try inside("\(site)", "ip link set dev uplink down") }
        try inside("\(site)", "ip link set dev uplink up && ip route replace default via 10.99.\(site).1")
        try inside("\(site)", "ip addr replace fd99:\(site)::2/64 dev uplink nodad && ip route replace default via fd99:\(site)::1")
    }

    func startProxy(_ site: Int, via: String? = nil, arguments: [String] = []) throws {
        try scene.folder.write(configuration(site, via: via), to: "site\(site).yaml")
        proxies[site] = try ProxyProcess(
            configuration: scene.folder.path + "/site\(site).yaml", arguments: arguments,
            shell: "exec ip netns exec \(prefix)\(site) \"$@\"")
    }

    func ask(_ site: Int, _ line: String) -> String {
        (try? UnixClient.ask(scene.folder.path + "/site\(site).sock", line)) ?? ""
    }

    /// Whether a site's server is down, for the instance there or for another one.
    func isDown(_ site: Int, for instance: Int? = nil) -> Bool {
        ask(instance ?? site, "show stat").split(separator: "\n").contains { $0.hasPrefix("compilers,s\(site),") && $0.contains(",DOWN") }
    }

    /// Requests queued at a site's instance.
    func queued(_ site: Int) -> Int {
        let row = ask(site, "show stat").split(separator: "\n").first { $0.hasPrefix("compilers,BACKEND,") }
        return row.flatMap { Int($0.split(separator: ",", omittingEmptySubsequences: false)[2]) } ?? 0
    }

    /// Where the router sends packets for the service address; empty: nowhere.
    var nextHop: String {
        guard let child = try? within("r", ["/bin/ip", "route", "get", Self.address]), child.waitForEnd() == 0 else { return "" }
        let words = child.outputLines.first?.split(separator: " ") ?? []
        return words.firstIndex(of: "via").map { String(words[$0 + 1]) } ?? ""
    }

    /// The next hops that the router's route for the service address gets from now on, without repetitions.
    func watchRoutes() throws -> () -> [String] {
        let monitor = try within("r", ["/bin/ip", "monitor", "route"])
        Thread.sleep(forTimeInterval: 0.5)
        return {
            var hops: [String] = []
            for line in monitor.outputLines where line.hasPrefix(Self.address + " via ") {
                let hop = String(line.split(separator: " ")[2])
                if hops.last != hop { hops.append(hop) }
            }
            return hops
        }
    }

    func waitForState(_ site: Int, _ state: String, within limit: Duration = .seconds(30)) -> Bool {
        waitUntil(within: limit) {
            let text = ask(site, "show anycast")
            return text.contains("state: \(state)") && text.contains("in_force: yes")
        }
    }

    /// An agent's load for so long: a new connection each request. What happens meanwhile is `body`'s.
    func load(seconds: Double, to address: String = SitesScene.address, _ body: () throws -> Void) throws -> AgentsReport {
        let path = scene.folder.path
        let child = try within("c", ["/usr/bin/python3", path + "/agent.py", address, "8140", path, "\(seconds)"])
        Thread.sleep(forTimeInterval: 1.5)
        try body()
        _ = child.waitForEnd(within: .seconds(Int(seconds) + 60))
        return AgentsReport(child.outputLines)
    }

    private func configuration(_ site: Int, via: String?) -> String {
        let path = scene.folder.path
        let bird = "{ bird: { socket: \(path)/bird-\(site).ctl, protocols: [anycast4, anycast6], unfit_protocols: [last4, last6] } }"
        let sites = (1...3).map { site in
            "site\(site): { near: [\((1...3).filter { $0 != site }.map { "site\($0)" }.joined(separator: ", "))] }"
        }.joined(separator: ", ")
        let servers = (1...3).map { "      - { name: s\($0), address: \"10.99.\($0).2:8080\", site: site\($0) }\n" }.joined()
        let stick = sharesSticks ? "stick: { on: certname, peers: grnet }" : "retry: { attempts: 2 }"
        let members = "members: { site1: \"10.99.1.2:1337\", site2: \"10.99.2.2:1337\" }"
        let peers = sharesSticks ? "peers: { grnet: { local: site\(site), \(members) } }" : ""
        let tls = "tls: { certificate: { chain: proxy.pem, key: proxy.key }, client_ca: ca.pem, crl: crl.pem }"
        return """
            site: site\(site)
            \(peers)
            sites: { \(sites) }
            listeners:
              - { name: agents, address: "\(Self.address):8140", \(tls) }
              - { name: agents6, address: "[\(Self.address6)]:8140", \(tls) }
            pools:
              compilers:
                identity: none
                queue: { no_server: wait }
                \(stick)
                check: { request: "GET /status/v1/simple", inter: 300ms, fastinter: 100ms, downinter: 200ms, timeout: 1s, rise: 1, fall: 1 }
                servers:
            \(servers)environments: { default: compilers }
            admin: { socket: { path: \(path)/site\(site).sock } }
            limits: { unverified_share: 100%, holder_share: 100% }
            anycast:
              site\(site): { pools: [compilers], servers: own, via: \(via ?? bird), hold_down: 4s, rise: 1, fall: 1, settle: 2s }

            """
    }

    // MARK: Texts

    private static let bfd = "protocol device {}\nprotocol bfd { interface \"*\" { interval 100 ms; multiplier 3; }; }\n"

    private static func siteConfiguration(_ site: Int) -> String {
        """
        router id 10.99.\(site).2;
        \(bfd)protocol static anycast4 { disabled; ipv4; route \(address)/32 blackhole; }
        protocol static last4 { disabled; ipv4 { preference 100; }; route \(address)/32 blackhole; }
        protocol static anycast6 { disabled; ipv6; route \(address6)/128 blackhole; }
        protocol static last6 { disabled; ipv6 { preference 100; }; route \(address6)/128 blackhole; }
        filter service {
          if proto = "anycast4" || proto = "anycast6" then { bgp_med = \(site * 10); accept; }
          if proto = "last4" || proto = "last6" then { bgp_med = \(1000 + site * 10); accept; }
          reject;
        }
        protocol bgp upstream {
          local 10.99.\(site).2 as 64512; neighbor 10.99.\(site).1 as 64500; \(quick) ipv4 { import none; export filter service; };
        }
        protocol bgp upstream6 {
          local fd99:\(site)::2 as 64512; neighbor fd99:\(site)::1 as 64500; \(quick) ipv6 { import none; export filter service; };
        }

        """
    }

    private static let quick = "bfd on; connect delay time 1; connect retry time 1; error wait time 1, 2;"

    private static let routerConfiguration =
        "router id 10.99.9.1;\n" + bfd + "protocol kernel { ipv4 { import none; export all; }; }\n"
        + "protocol kernel { ipv6 { import none; export all; }; }\n"
        + (1...3).flatMap { site in
            [("site\(site)", "10.99.\(site)", ".", "ipv4"), ("six\(site)", "fd99:\(site)", "::", "ipv6")].map { name, net, dot, family in
                "protocol bgp \(name) { local \(net)\(dot)1 as 64500; neighbor \(net)\(dot)2 as 64512; \(quick) "
                    + "\(family) { import all; export none; }; }\n"
            }
        }.joined()

    private static let serverProgram = """
        import http.server, socketserver, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                body = b"running" if "/status/" in self.path else b"{}"
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Puppet-Compiler-Name", sys.argv[2])
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *words): pass
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 256
        Server((sys.argv[1], 8080), Handler).serve_forever()

        """

    private static let agentProgram = """
        import socket, ssl, sys, threading, time
        address, port, folder, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
        context = ssl.create_default_context(cafile=folder + "/ca.pem")
        context.check_hostname = False
        context.load_cert_chain(folder + "/agent.pem", folder + "/agent.key")
        lock, end = threading.Lock(), time.monotonic() + seconds
        # Ruby's Net::HTTP, and so an agent, sends a GET once more where an established connection broke.
        class Broken(Exception): pass
        def request():
            with socket.create_connection((address, port), timeout=0.25) as raw:
                raw.settimeout(20)
                try: return over(raw)
                except (ConnectionError, ssl.SSLError, EOFError) as fault: raise Broken(str(fault))
        def over(raw):
                with context.wrap_socket(raw) as tls:
                    tls.sendall(b"GET /puppet/v3/catalog/agent.test?environment=production HTTP/1.1\\r\\nHost: puppet\\r\\nConnection: close\\r\\n\\r\\n")
                    data = b""
                    while True:
                        piece = tls.recv(65536)
                        if not piece: break
                        data += piece
                if not data: raise EOFError("no response")
                lines = data.decode("latin-1").split("\\r\\n")
                site = [l.split(": ")[1] for l in lines if l.lower().startswith("x-puppet-compiler-name")]
                if " 200 " not in lines[0] + " ": raise Exception(lines[0] or "no response")
                return site[0]
        def run():
            while time.monotonic() < end:
                try:
                    try: word = "ok " + request()
                    except Broken:
                        with lock: print("%.3f broken connection" % time.monotonic(), flush=True)
                        word = "ok " + request()
                except Exception as fault: word = "failed " + type(fault).__name__ + " " + str(fault).replace(" ", "_")
                with lock: print("%.3f %s" % (time.monotonic(), word), flush=True)
                time.sleep(0.02)
        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()

        """
}

/// What agents saw: lines `SECONDS ok SITE` or `SECONDS failed REASON`.
struct AgentsReport: CustomStringConvertible {
    private(set) var served: [String: Int] = [:]
    private(set) var failures: [String] = []
    /// Connections that broke under way, and whose request was sent once more.
    private(set) var broken = 0
    /// The longest time between two responses.
    private(set) var secondsWithoutService = 0.0
    private(set) var lastServer = ""

    init(_ lines: [String]) {
        var last: Double?
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count >= 3, let time = Double(words[0]) else { continue }
            if words[1] == "broken" {
                broken += 1
                continue
            }
            guard words[1] == "ok" else {
                failures.append(words[2...].joined(separator: " "))
                continue
            }
            if let last { secondsWithoutService = max(secondsWithoutService, time - last) }
            last = time
            lastServer = String(words[2])
            served[lastServer, default: 0] += 1
        }
    }

    var description: String {
        let seconds = (secondsWithoutService * 1000).rounded() / 1000
        let by = served.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(seconds) s without service, \(failures.count) failed \(Set(failures).sorted()), \(broken) sent again, served by \(by)"
    }
}
