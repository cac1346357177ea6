import Foundation
import StandIn
import TestKit
import Testing

/// Certificates, keys and lists that cannot be read, or not to their end.
struct SurvivesUnreadableCertificatesTests {
    enum Fault: String, CaseIterable {
        case halfWritten, empty, folder, missing
        /// Root reads whatever it wants.
        case noRight
    }

    private static let faults = Fault.allCases.filter { $0 != .noRight || geteuid() != 0 }
    private static let files = ["proxy.pem", "proxy.key", "crl.pem", "ca.pem"]

    private func apply(_ fault: Fault, to path: String) throws {
        switch fault {
        case .halfWritten:
            let text = try String(contentsOfFile: path, encoding: .utf8)
            // Within a block; a file cut between two blocks looks whole.
            try String(text.prefix(text.count * 2 / 5)).write(toFile: path, atomically: true, encoding: .utf8)
        case .empty: try "".write(toFile: path, atomically: true, encoding: .utf8)
        case .folder:
            #expect(unlink(path) == 0)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case .missing: #expect(unlink(path) == 0)
        case .noRight: #expect(chmod(path, 0) == 0)
        }
    }

    @Test(arguments: files)
    func atAReloadTheOldOneStays(_ file: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["admin: { socket: { path: \(socket.path) }, http: { address: \"\(AdminScene.address):0\" } }"]
        let proxy = try scene.start(configuration)
        let path = scene.folder.path + "/" + file
        let whole = try scene.folder.read(file)
        func refused() -> Int { proxy.messages.count { $0.contains("error reload refused: the configuration in force stays") } }
        for (number, fault) in Self.faults.enumerated() {
            try apply(fault, to: path)
            let known = proxy.messages.count
            proxy.reload()
            #expect(waitUntil { refused() == number + 1 }, "\(fault): \(proxy.messages)")
            let said = proxy.messages.dropFirst(known)
            #expect(said.count == 2 && said.first?.contains(path) == true, "\(fault): \(said)")
            let client = try scene.connect(proxy)
            #expect(try client.exchange(Requests.metadata()).status == 200, "\(fault)")
            if fault == .folder { #expect(rmdir(path) == 0) }
            try scene.folder.write(whole, to: file)
        }
        let metrics = try AdminScene.connect(proxy).exchange(AdminScene.get("/metrics")).text
        #expect(metrics.contains("puppetfront_reloads_total{result=\"refused\"} \(Self.faults.count)\n"))
        let events = try socket.ask("show events").split(separator: "\n").filter { $0.contains("reload refused: ") && $0.contains(path) }
        #expect(events.count == Self.faults.count, "\(events)")
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains(" reloaded ") } != nil, "whole again: \(proxy.messages)")
    }

    @Test(arguments: files)
    func atTheStartItIsReportedBeforeAnythingIsBound(_ file: String) throws {
        for fault in Self.faults {
            let scene = try Scene()
            try scene.write(.pool("127.0.0.1:9"))
            let path = scene.folder.path + "/" + file
            try apply(fault, to: path)
            let words = [try #require(ProxyProcess.binary), "run", "--config", scene.folder.path + "/puppetfront.yaml"]
            let child = try ChildProcess(words)
            #expect(child.waitForEnd() == 64, "\(fault)")
            #expect(
                waitUntil { child.errorLines.contains { $0.contains("error: ") && $0.contains(path) } }, "\(fault): \(child.errorLines)")
            #expect(!child.errorLines.contains { $0.hasPrefix("ready") })
        }
    }
}
