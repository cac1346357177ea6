import Foundation
import TestKit

/// Chromium without a window, driven over two pipes (`--remote-debugging-pipe`): JSON objects that end in a NUL, commands on its
/// descriptor 3, replies and events on 4. https://chromedevtools.github.io/devtools-protocol/
///
/// `condition` guards what the reading thread and the test share.
final class DevTools: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Something that happened in a page.
    struct Event {
        let method: String
        let session: String
        let parameters: [String: Any]
    }

    private let child: ChildProcess
    private let folder: TemporaryFolder
    private let writing: Int32
    private let condition = NSCondition()
    private var answers: [Int: [String: Any]] = [:]
    private var kept: [Event] = []
    private var lastNumber = 0
    private var hasEnded = false

    /// Debian's.
    static let program = "/usr/bin/chromium"

    init() throws {
        // The end of Chromium shall be reported as an error.
        signal(SIGPIPE, SIG_IGN)
        folder = try TemporaryFolder()
        var (commands, events): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&commands) == 0, pipe(&events) == 0 else { throw Failure(description: "no pipe") }
        for end in commands + events { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(commands[0])
            close(events[1])
        }
        writing = commands[1]
        child = try ChildProcess(
            [
                Self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
                "--user-data-dir=\(folder.path)",
            ], environment: ["HOME": folder.path], passing: [commands[0], events[1]])
        let reading = events[0]
        Thread { [weak self] in DevTools.read(reading) { self?.take($0) } }.start()
    }

    deinit {
        _ = try? send("Browser.close", [:], session: nil)
        _ = child.waitForEnd(within: .seconds(5))
        close(writing)
    }

    // MARK: Commands

    /// The command's result.
    @discardableResult
    func ask(_ method: String, _ parameters: [String: Any] = [:], session: String? = nil) throws -> [String: Any] {
        let number = try send(method, parameters, session: session)
        let limit = Date().addingTimeInterval(20)
        condition.lock()
        defer { condition.unlock() }
        while answers[number] == nil {
            if hasEnded { throw Failure(description: "Chromium has ended: \(child.errorLines.suffix(5))") }
            guard condition.wait(until: limit) else { throw Failure(description: "\(method): no answer") }
        }
        let answer = answers.removeValue(forKey: number) ?? [:]
        if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
        return answer["result"] as? [String: Any] ?? [:]
    }

    /// What has happened so far in one page.
    func events(_ session: String) -> [Event] {
        condition.lock()
        defer { condition.unlock() }
        return kept.filter { $0.session == session }
    }

    private func send(_ method: String, _ parameters: [String: Any], session: String?) throws -> Int {
        condition.lock()
        lastNumber += 1
        let number = lastNumber
        condition.unlock()
        var command: [String: Any] = ["id": number, "method": method, "params": parameters]
        command["sessionId"] = session
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: command)) + [0]
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(description: "Chromium takes nothing: \(child.errorLines.suffix(5))") }
            sent += count
        }
        return number
    }

    // MARK: The reading thread

    /// Calls `take` with each object's bytes, and with nil at the end.
    private static func read(_ descriptor: Int32, _ take: ([UInt8]?) -> Void) {
        var unread: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            unread += buffer[..<count]
            while let end = unread.firstIndex(of: 0) {
                take(Array(unread[..<end]))
                unread.removeFirst(end + 1)
            }
        }
        close(descriptor)
        take(nil)
    }

    private func take(_ bytes: [UInt8]?) {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        guard let bytes else {
            hasEnded = true
            return
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return }
        if let number = object["id"] as? Int {
            answers[number] = object
        } else if let method = object["method"] as? String {
            let parameters = object["params"] as? [String: Any] ?? [:]
            kept.append(Event(method: method, session: object["sessionId"] as? String ?? "", parameters: parameters))
        }
    }
}
