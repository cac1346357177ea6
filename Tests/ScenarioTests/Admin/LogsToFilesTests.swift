import Foundation
import StandIn
import TestKit
import Testing

struct LogsToFilesTests {
    /// The space for the log is used up, and there is space again.
    enum Space: String, CaseIterable {
        /// A small file system of its own.
        case disk
        /// A size limit of the process.
        case limit
    }

    private static let hasNamespaces = (try? Tool.run(["/usr/bin/unshare", "-rm", "true"])) == 0

    @Test(arguments: Space.allCases.filter { $0 == .limit || hasNamespaces })
    func aFullDiskCostsNoRequestAndNoUncountedLine(_ space: Space) throws {
        let log = try LogScene(to: "disk/access.log")
        try FileManager.default.createDirectory(atPath: log.path("disk"), withIntermediateDirectories: false)
        let disk = log.path("disk")
        let shell =
            switch space {
            case .disk:
                "exec unshare -rm sh -c 'mount -t tmpfs -o size=20m tmpfs \(disk) && head -c 20900000 /dev/zero >\(disk)/filler && exec \"$@\"' sh \"$@\""
            case .limit: "ulimit -S -f 100; exec \"$@\""
            }
        let proxy = try log.start(shell: shell)
        let client = try log.scene.connect(proxy)
        try log.send(client, count: 20, targetCount: 10_000)
        #expect(proxy.waitForMessage { $0.contains("access.log: write: ") && $0.contains("lines wait") } != nil, "\(proxy.messages)")
        try log.send(client, count: 12, targetCount: LogScene.longCount)
        #expect(try waitUntil { try log.dropped(proxy) > 0 })
        let seen = space == .disk ? "/proc/\(proxy.child.pid)/root\(disk)" : disk
        switch space {
        case .disk: #expect(unlink(seen + "/filler") == 0)
        case .limit: #expect(try Tool.run(["/usr/bin/prlimit", "--pid", "\(proxy.child.pid)", "--fsize=unlimited"]) == 0)
        }
        #expect(proxy.waitForMessage { $0.contains("access.log is written to again after ") } != nil, "\(proxy.messages)")
        try log.send(client, count: 5)
        #expect(proxy.messages.filter { $0.contains("access log") }.count == 2, "\(proxy.messages)")
        let dropped = try log.dropped(proxy)
        #expect(try log.droppedByMetrics(proxy) == dropped)
        #expect(
            waitUntil { lines(of: seen + "/access.log").count + dropped == log.sentCount },
            "\(lines(of: seen + "/access.log").count), \(dropped) of \(log.sentCount)")
        #expect(lines(of: seen + "/access.log").allSatisfy { LogLine($0) != nil }, "no line is torn")
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
    }

    private func lines(of path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    @Test func logrotateLosesNothing() throws {
        let log = try LogScene(to: "access.log")
        let proxy = try log.start()
        let client = try log.scene.connect(proxy)
        let rules = """
            \(log.path("access.log")) {
                rotate 3
                nocreate
                postrotate
                    kill -USR1 \(proxy.child.pid)
                endscript
            }
            """
        try log.scene.folder.write(rules, to: "logrotate.conf")
        for round in 1...3 {
            try log.send(client, count: 4)
            #expect(waitUntil { !lines(of: log.path("access.log")).isEmpty }, "round \(round)")
            let words = ["/usr/sbin/logrotate", "--force", "--state", log.path("state"), log.path("logrotate.conf")]
            #expect(try Tool.run(words) == 0)
        }
        try log.send(client, count: 4)
        var files: [[String]] = []
        let isWhole = waitUntil {
            files = ["", ".1", ".2", ".3"].map { lines(of: log.path("access.log" + $0)) }
            return files.reduce(0) { $0 + $1.count } == log.sentCount
        }
        #expect(isWhole && files.allSatisfy { !$0.isEmpty }, "\(files.map(\.count))")
        #expect(try log.dropped(proxy) == 0)
    }
}
