import Foundation
import Model
import Network
import Settings
import TestKit
import Testing

@testable import AccessLogging

/// With real files, pipes and sockets.
struct AccessLogWriterTests {
    private let folder: TemporaryFolder
    private let lines = LogLines()

    init() throws { folder = try TemporaryFolder() }

    private func writer(_ target: LogSettings.Target, waiting: Int = 8 << 20) throws -> AccessLogWriter {
        var limits = AccessLogWriter.Limits()
        (limits.buffered, limits.finish) = (waiting, .milliseconds(300))
        (limits.retry, limits.quietPeriod) = (.milliseconds(20), .milliseconds(60))
        let writer = try AccessLogWriter(
            LogSettings(accessTo: target), limits: limits, names: BackgroundThread(name: "names"), log: lines.logger)
        try writer.start()
        return writer
    }

    private func submit(_ text: String, to writer: AccessLogWriter) {
        var bytes = Array((text + "\n").utf8)
        writer.submit(&bytes, count: 1)
    }

    private var path: String { folder.path + "/log" }
    private func written() -> [String] { ((try? folder.read("log")) ?? "").split(separator: "\n").map(String.init) }
    private func dropped(_ writer: AccessLogWriter) -> Int { writer.linesDropped.load(ordering: .relaxed) }
    private func words(_ text: String) -> Int { lines.all.count { $0.contains(text) } }

    // MARK: Files

    @Test func aFileThatWasMovedAwayIsMadeAgain() throws {
        let writer = try writer(.file(path))
        submit("one", to: writer)
        #expect(waitUntil { written() == ["one"] })
        #expect(rename(path, path + ".1") == 0)
        submit("two", to: writer)
        #expect(waitUntil { (try? folder.read("log.1")) == "one\ntwo\n" }, "until told it writes to the file that it has")
        writer.reopen()
        submit("three", to: writer)
        #expect(waitUntil { written() == ["three"] })
        writer.finish()
        #expect(lines.all.isEmpty && dropped(writer) == 0)
    }

    @Test func whatAnotherLeftUnfinishedStaysALineOfItsOwn() throws {
        try folder.write("{\"half", to: "log")
        let writer = try writer(.file(path))
        submit("one", to: writer)
        writer.finish()
        #expect(try folder.read("log") == "{\"half\none\n")
    }

    @Test func linesWaitForAFolder() throws {
        let writer = try writer(.file(folder.path + "/later/log"))
        submit("one", to: writer)
        #expect(waitUntil { words("/later/log: open: No such file or directory; lines wait") == 1 }, "\(lines.all)")
        try FileManager.default.createDirectory(atPath: folder.path + "/later", withIntermediateDirectories: false)
        #expect(waitUntil { (try? folder.read("later/log")) == "one\n" })
        submit("two", to: writer)
        #expect(waitUntil { words("/later/log is written to again after 0 s, 0 lines were lost") == 1 }, "\(lines.all)")
        #expect(lines.all.count == 2, "\(lines.all)")
        writer.finish()
    }

    @Test func aFullDeviceIsReportedOnceAndLostLinesAreCounted() throws {
        let writer = try writer(.file("/dev/full"), waiting: 100)
        for number in 1...50 { submit("line \(number) and more", to: writer) }
        #expect(waitUntil { words("No space left on device") == 1 })
        #expect(waitUntil { dropped(writer) > 0 })
        writer.finish()
        #expect(dropped(writer) == 50)
        #expect(
            (2...3).contains(lines.all.count) && lines.all.last == "access log: /dev/full is given up, 50 lines were lost", "\(lines.all)")
    }

    @Test func withoutATargetNothingIsLost() throws {
        let writer = try writer(.none)
        submit("one", to: writer)
        writer.adopt(LogSettings(accessTo: .file(path)))
        submit("two", to: writer)
        #expect(waitUntil { written() == ["two"] })
        writer.adopt(LogSettings(accessTo: .none))
        submit("three", to: writer)
        writer.finish()
        #expect(written() == ["two"] && dropped(writer) == 0 && lines.all.isEmpty)
    }

    // MARK: Pipes

    @Test func aPipeThatIsNotReadDelaysNoRequest() throws {
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let writer = try writer(.file(path), waiting: 200_000)
        let line = String(repeating: "x", count: 9_999)
        for _ in 1...100 { submit(line, to: writer) }
        #expect(waitUntil { words("takes lines more slowly than they come; lines wait") == 1 }, "\(lines.all)")
        #expect(dropped(writer) > 50)
        var read = try drain(reader, until: { dropped(writer) + $0.count >= 100 })
        submit("last", to: writer)
        read += try drain(reader, until: { $0.contains("last") })
        #expect(read.filter { $0 == line }.count + dropped(writer) == 100, "no line is torn")
        #expect(waitUntil { words("is written to again") == 1 }, "\(lines.all)")
        let began = ContinuousClock.now
        for _ in 1...30 { submit(line, to: writer) }
        writer.finish()
        #expect(ContinuousClock.now - began < .seconds(3), "who reads no more is not waited for")
        #expect(lines.all.last?.contains("is given up, ") == true, "\(lines.all)")
    }

    @Test func linesWaitForAReader() throws {
        #expect(mkfifo(path, 0o600) == 0)
        let writer = try writer(.file(path))
        submit("one", to: writer)
        #expect(waitUntil { words("No such device or address") == 1 }, "\(lines.all)")
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        #expect(try drain(reader, until: { !$0.isEmpty }) == ["one"])
        writer.finish()
        #expect(dropped(writer) == 0)
    }

    /// Reads whole lines until they are enough.
    private func drain(_ descriptor: Int32, until isEnough: ([String]) -> Bool) throws -> [String] {
        var (bytes, lines): ([UInt8], [String]) = ([], [])
        var buffer = [UInt8](repeating: 0, count: 65536)
        let isDone = waitUntil {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] }
            var fresh = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            bytes = Array((fresh.popLast() ?? "").utf8)
            lines += fresh
            return isEnough(lines)
        }
        #expect(isDone)
        return lines
    }

    // MARK: Syslog

    @Test func aUnixSocketMayComeAndGo() throws {
        let socket = LogSettings.Target.syslog(.socket(path: path))
        var receiver: LogReceiver? = try LogReceiver(path: path)
        let writer = try writer(socket)
        submit("one", to: writer)
        #expect(waitUntil { receiver?.takeLines() == ["one"] })
        receiver = nil
        receiver = try LogReceiver(path: path)
        submit("two", to: writer)
        #expect(waitUntil { receiver?.takeLines() == ["two"] }, "one started anew is found at once")
        #expect(lines.all.isEmpty, "\(lines.all)")
        receiver = nil
        for number in 1...9 { submit("waits \(number)", to: writer) }
        #expect(waitUntil { words("syslog:\(path): connect: No such file or directory; lines wait") == 1 }, "\(lines.all)")
        let last = try LogReceiver(path: path)
        var received: [String] = []
        #expect(
            waitUntil {
                received += last.takeLines()
                return received.count == 9
            })
        #expect(received == (1...9).map { "waits \($0)" })
        #expect(waitUntil { words("is written to again after 0 s, 0 lines were lost") == 1 }, "\(lines.all)")
        writer.finish()
        #expect(dropped(writer) == 0)
    }

    @Test func aUDPPortThatIsClosedLosesOnlyWhatIsCounted() throws {
        var receiver: LogReceiver? = try LogReceiver(port: 0)
        let port = try #require(receiver?.port)
        let writer = try writer(.syslog(.udp(UpstreamAddress(host: "localhost", port: port))))
        submit("one", to: writer)
        #expect(waitUntil { receiver?.takeLines() == ["one"] })
        receiver = nil
        for number in 1...20 { submit("waits \(number)", to: writer) }
        #expect(waitUntil { words("Connection refused; lines wait") == 1 }, "\(lines.all)")
        let last = try LogReceiver(port: port)
        var received: [String] = []
        #expect(
            waitUntil {
                received += last.takeLines()
                return received.contains("waits 20")
            })
        #expect(waitUntil { words(" is written to again after ") == 1 }, "\(lines.all)")
        #expect(received.count + dropped(writer) == 20 && dropped(writer) > 0, "\(received), \(dropped(writer))")
        #expect(words("\(dropped(writer)) lines were lost") == 1, "\(lines.all)")
        writer.finish()
    }

    @Test func aNameWithoutAddressIsReported() throws {
        let writer = try writer(.syslog(.udp(UpstreamAddress(host: "nobody.invalid", port: 514))))
        submit("one", to: writer)
        #expect(waitUntil { words("syslog:nobody.invalid:514: no address for nobody.invalid") == 1 }, "\(lines.all)")
        writer.finish()
        #expect(dropped(writer) == 1)
    }
}
