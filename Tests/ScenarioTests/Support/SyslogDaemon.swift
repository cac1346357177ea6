import Foundation
import StandIn
import TestKit
import Testing

/// Debian's rsyslogd in a folder of a test, listening on UDP and on a Unix socket. It takes messages apart and writes their fields down.
final class SyslogDaemon {
    /// A message as the daemon understood it.
    struct Message {
        let priority, time, host, application, process, id, data, text: String
    }

    private let folder: TemporaryFolder
    private var child: ChildProcess?
    let port: LoopbackPort
    var socketPath: String { folder.path + "/log" }

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        port = try LoopbackPort()
        try start()
    }

    func start() throws {
        let fields = ["pri", "timereported", "hostname", "app-name", "procid", "msgid", "structured-data", "msg"]
        let list = fields.map { "property(name=\"\($0)\"\($0 == "timereported" ? " dateFormat=\"rfc3339\"" : ""))" }
        let configuration = """
            global(workDirectory="\(folder.path)")
            module(load="imudp")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imudp" address="127.0.0.1" port="\(port.number)")
            input(type="imuxsock" socket="\(socketPath)" useSpecialParser="off" ignoreTimestamp="off" parseHostname="on" rateLimit.interval="0")
            template(name="fields" type="list") { \(list.joined(separator: " constant(value=\"\\t\") ")) constant(value="\\n") }
            action(type="omfile" file="\(folder.path)/messages" template="fields")

            """
        let path = try folder.write(configuration, to: "rsyslog.conf")
        let started = try ChildProcess(["/usr/sbin/rsyslogd", "-n", "-f", path, "-i", folder.path + "/rsyslogd.pid"])
        child = started
        #expect(waitUntil { isListening || !started.isRunning })
        #expect(started.isRunning, "\(started.errorLines)")
    }

    /// Ends it; the messages that it has stay.
    func stop() {
        child?.signal(SIGTERM)
        #expect(child?.waitForEnd() == 0)
        child = nil
        unlink(socketPath)
    }

    var messages: [Message] {
        let text = (try? folder.read("messages")) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 8, fields[3] == "puppetfront" else { return nil }
            return Message(
                priority: fields[0], time: fields[1], host: fields[2], application: fields[3], process: fields[4], id: fields[5],
                data: fields[6], text: fields[7])
        }
    }

    private var isListening: Bool {
        let table = (try? String(contentsOfFile: "/proc/net/udp", encoding: .utf8)) ?? ""
        return table.contains(String(format: "0100007F:%04X", Int(port.number))) && FileManager.default.fileExists(atPath: socketPath)
    }
}
