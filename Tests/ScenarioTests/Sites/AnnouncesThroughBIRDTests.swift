import Foundation
import TestKit
import Testing

/// BIRD's control socket misbehaves: it is silent, sends garbage or half lines, or starts again with other states.
struct AnnouncesThroughBIRDTests {
    @Test(arguments: ["good", "bytewise", "silent", "garbage", "endless"])
    func staysInControl(_ mode: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let control = scene.folder.path + "/bird.ctl"
        try scene.folder.write(Self.program, to: "bird.py")
        func start(_ mode: String) throws -> ChildProcess {
            try ChildProcess(["/usr/bin/python3", scene.folder.path + "/bird.py", control, mode])
        }
        let via = "via: { bird: { socket: bird.ctl, protocols: [anycast4], unfit_protocols: [last4] } }"
        var configuration = Configuration(
            .init(servers: [Configuration.server("s1", server.address)]),
            lines: [
                "site: eie", "sites: { eie: {} }", "anycast: { eie: { pools: [compilers], settle: 0s, rise: 1, \(via) } }",
                "admin: { socket: { path: admin.sock } }",
            ])
        configuration.hasPlainListener = false
        var bird = try start(mode)
        #expect(waitUntil { FileManager.default.fileExists(atPath: control) })
        let proxy = try scene.start(configuration)
        func show() -> String { (try? UnixClient.ask(scene.folder.path + "/admin.sock", "show anycast")) ?? "" }
        let isGood = mode == "good" || mode == "bytewise"
        #expect(waitUntil(within: .seconds(20)) { isGood ? show().contains("in_force: yes") : show().contains("fault: ") }, "\(show())")
        #expect(try scene.connect(proxy).exchange(Requests.catalog()).status == 200)
        // A restart: everything is disabled again, and puppetfront asserts its state.
        bird.signal(SIGKILL)
        #expect(waitUntil(within: .seconds(20)) { show().contains("fault: ") }, "\(show())")
        bird = try start("good")
        #expect(waitUntil(within: .seconds(20)) { show().contains("in_force: yes") && show().contains("state: announced") }, "\(show())")
        bird.signal(SIGKILL)
    }

    /// A takeover withdraws nothing; kill -9 withdraws at once.
    @Test func staysThroughATakeoverAndGoesWithADeath() throws {
        let scene = try Scene()
        let server = try scene.server()
        let control = scene.folder.path + "/bird.ctl"
        try scene.folder.write(Self.program, to: "bird.py")
        let bird = try ChildProcess(["/usr/bin/python3", scene.folder.path + "/bird.py", control, "good"])
        defer { bird.signal(SIGKILL) }
        #expect(waitUntil { FileManager.default.fileExists(atPath: control) })
        let via = "via: { bird: { socket: bird.ctl, protocols: [anycast4], unfit_protocols: [last4] } }"
        let configuration = Configuration(
            .init(servers: [Configuration.server("s1", server.address)]),
            lines: [
                "site: eie", "sites: { eie: {} }", "anycast: { eie: { pools: [compilers], rise: 1, hold_down: 1s, \(via) } }",
                "admin: { socket: { path: admin.sock } }",
            ])
        let old = try scene.start(configuration)
        func show() -> String { (try? UnixClient.ask(scene.folder.path + "/admin.sock", "show anycast")) ?? "" }
        func commands() -> [Substring] {
            ((try? String(contentsOfFile: control + ".log", encoding: .utf8)) ?? "").split(separator: "\n")
        }
        #expect(waitUntil { show().contains("state: announced") && show().contains("in_force: yes") }, "\(show())")
        let before = commands().count
        let new = try scene.start(configuration, arguments: ["--takeover"])
        #expect(old.child.waitForEnd(within: .seconds(20)) == 0)
        #expect(waitUntil { show().contains("in_force: yes") }, "\(show())")
        #expect(!commands().dropFirst(before).contains("disable anycast4"), "\(commands())")
        // What an operator set holds for the next instance too.
        _ = try UnixClient.ask(scene.folder.path + "/admin.sock", "set anycast off")
        #expect(waitUntil { show().contains("state: withdrawn") && show().contains("in_force: yes") }, "\(show())")
        let next = try scene.start(configuration, arguments: ["--takeover"])
        #expect(new.child.waitForEnd(within: .seconds(20)) == 0)
        #expect(waitUntil { show().contains("set off by an operator") && show().contains("in_force: yes") }, "\(show())")
        #expect(commands().last == "disable last4" || !commands().suffix(4).contains("enable anycast4"), "\(commands())")
        _ = try UnixClient.ask(scene.folder.path + "/admin.sock", "set anycast auto")
        #expect(waitUntil(within: .seconds(60)) { show().contains("state: announced") && show().contains("in_force: yes") }, "\(show())")
        next.child.signal(SIGKILL)
        #expect(waitUntil { commands().last == "disable last4" && commands().dropFirst(before).contains("disable anycast4") })
    }

    private static let program = """
        import os, socket, sys, time
        path, mode = sys.argv[1:]
        if os.path.exists(path): os.unlink(path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(8)
        on = {"anycast4": False, "last4": False}
        def reply(line):
            words = line.split()
            if words[0] == "show":
                state = "up" if on[words[2]] else "down"
                return "2002-Name Proto Table State Since Info\\n1002-%s Static master4 %s 06:55 \\n0000 \\n" % (words[2], state)
            with open(path + ".log", "a") as log: log.write(line)
            on[words[1]] = words[0] == "enable"
            return "%s-%s: done\\n0000 \\n" % ("0011" if on[words[1]] else "0009", words[1])
        def send(connection, text):
            if mode != "bytewise": return connection.sendall(text.encode())
            for letter in text:
                connection.sendall(letter.encode())
                time.sleep(0.001)
        while True:
            connection, _ = listener.accept()
            try:
                if mode == "silent": time.sleep(3600)
                if mode == "garbage": connection.sendall(os.urandom(3000) + b"\\n")
                while mode == "endless": connection.sendall(b"0001-" + b"x" * 4000)
                send(connection, "0001 BIRD ready.\\n")
                for line in connection.makefile(): send(connection, reply(line))
            except OSError: pass
            connection.close()

        """
}
