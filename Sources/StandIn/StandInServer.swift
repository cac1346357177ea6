import Foundation
import Synchronization

/// A stand-in for Puppet Server: HTTP/1.1 with keep-alive on a loopback port, plain or over TLS, one thread a connection.
///
/// Responds as `PuppetRules` says (and with 400 as Jetty does where Host does not match SNI), unless a script given by `answer(_:)` has a
/// response. Keeps the last 5,000 requests as it received them.
package final class StandInServer: Sendable {
    package struct Options: Sendable {
        package var name = "compiler"
        package var address = "127.0.0.1"
        /// nil: plain HTTP.
        package var tls: StandInTLS?
        /// `allow-header-cert-info`; false: only the TLS peer's certificate counts.
        package var trustsHeaders = true
        package var authority: StandInAuthority?
        package var autosign = true
        package var catalog: StandInAnswer.Content = .chunked(160 * 1024, chunk: 16 * 1024, pause: .zero)
        package var compileTime: Duration = .zero
        /// Jetty's: a connection without a request for so long is closed.
        package var idleTimeout: Duration = .seconds(30)
        package init() {}
    }

    package typealias Script = @Sendable (RecordedRequest) -> StandInAnswer?

    private struct State {
        var requests: [RecordedRequest] = []
        /// How many requests were evicted: the number of `requests.first`.
        var forgottenCount = 0
        var script: Script?
        var connectionCount = 0
        var runningCount = 0
        var maximumRunningCount = 0
    }

    package let port: LoopbackPort
    package let name: String
    private let options: Options
    private let rules: PuppetRules
    private let state: Shared
    private let listener: StandInListener

    /// What the connections' threads share with the server.
    private final class Shared: Sendable {
        let value = Mutex(State())
        let sentByteCount = Atomic(0)
    }

    package init(_ options: Options = Options()) throws(StandInError) {
        self.options = options
        name = options.name
        port = try LoopbackPort(address: options.address)
        let rules = PuppetRules(
            trustsHeaders: options.trustsHeaders, authority: options.authority, autosign: options.autosign,
            compilerName: options.name, catalog: options.catalog, compileTime: options.compileTime)
        let state = Shared()
        self.rules = rules
        self.state = state
        listener = StandInListener(on: port) { stream in
            StandInServer.serve(stream, options, rules, state)
        }
    }

    package func start() throws(StandInError) { try listener.start() }

    /// As kill -9: refuses connections, and ends every connection at once.
    package func stop() { listener.stop() }

    package func dropConnections() { listener.dropConnections() }

    package var isRunning: Bool { listener.isListening }
    /// `ADDRESS:PORT`.
    package var address: String { port.text }
    package var acceptedCount: Int { listener.acceptedCount }
    package var openCount: Int { listener.openCount }

    /// `script` may respond first; where it returns nil, Puppet's rules apply.
    package func answer(_ script: Script?) { state.value.withLock { $0.script = script } }

    /// The requests so far, without health checks; a request is added when its head was received.
    package var requests: [RecordedRequest] { state.value.withLock { $0.requests } }

    /// How many there were, without health checks.
    package var requestCount: Int { state.value.withLock { $0.forgottenCount + $0.requests.count } }

    /// The most requests that were in progress at once, without health checks.
    package var maximumRunningCount: Int { state.value.withLock { $0.maximumRunningCount } }
    package var runningCount: Int { state.value.withLock { $0.runningCount } }

    /// Bytes of contents handed to the kernel so far: constant while the client does not read.
    package var sentByteCount: Int { state.sentByteCount.load(ordering: .relaxed) }

    package func forgetRequests() {
        state.value.withLock {
            $0.requests = []
            $0.forgottenCount = 0
            $0.maximumRunningCount = $0.runningCount
        }
    }

    private static func serve(_ stream: StandInStream, _ options: Options, _ rules: PuppetRules, _ state: Shared) {
        stream.setTimeout(options.idleTimeout)
        if let tls = options.tls {
            do { try stream.startTLS(tls) } catch { return }
        }
        let peer = stream.peerCertificate?.commonName
        let connection = state.value.withLock { state in
            state.connectionCount += 1
            return state.connectionCount
        }
        let reader = MessageReader(stream)
        var position = 0
        while let head = try? reader.readHead() {
            position += 1
            guard let request = RecordedRequest(head, connection: connection, position: position, peer: peer) else { return }
            guard (try? serve(request, reader, rules, state)) == true else { return }
        }
    }

    private static func begin(_ state: Shared) {
        state.value.withLock {
            $0.runningCount += 1
            $0.maximumRunningCount = max($0.maximumRunningCount, $0.runningCount)
        }
    }

    private static func end(_ state: Shared) { state.value.withLock { $0.runningCount -= 1 } }

    /// Whether the connection stays open.
    private static func serve(
        _ request: RecordedRequest, _ reader: MessageReader, _ rules: PuppetRules, _ state: Shared
    ) throws(StandInError) -> Bool {
        let isCheck = request.path == "/status/v1/simple"
        let number = isCheck ? nil : record(request, state)
        var isRunning = !isCheck
        if isRunning { begin(state) }
        defer { if isRunning { end(state) } }
        if request.head.first("Expect")?.lowercased() == "100-continue" { try reader.stream.write("HTTP/1.1 100 Continue\r\n\r\n") }
        guard let framing = request.framing else { throw .malformed("Content-Length") }
        var whole = request
        let digest = ContentDigest()
        try reader.readContent(framing) { piece in
            digest.update(piece)
            whole.bodyCount += piece.count
            if whole.body.count < RecordedRequest.keptBodyCount {
                whole.body.append(contentsOf: piece.prefix(RecordedRequest.keptBodyCount - whole.body.count))
            }
        }
        whole.bodyDigest = digest.finish()
        if let number { replace(number, whole, state) }
        let script = state.value.withLock { $0.script }
        var answer =
            reader.stream.hostMatchesSNI(whole.head)
            ? script?(whole) ?? rules.answer(whole) : StandInAnswer.text(400, "Host does not match SNI")
        if request.head.lists("close", in: "Connection") || request.head.startLine.hasSuffix("/1.0") { answer.closes = true }
        if answer.delay > .zero { pause(answer.delay) }
        // Before the first byte: with the last one a proxy may send the next request.
        if isRunning { end(state) }
        isRunning = false
        try send(answer, to: reader.stream, isHead: request.method == "HEAD", state)
        return !answer.closes
    }

    private static func record(_ request: RecordedRequest, _ state: Shared) -> Int {
        state.value.withLock { state in
            state.requests.append(request)
            if state.requests.count > 5000 {
                state.requests.removeFirst(1000)
                state.forgottenCount += 1000
            }
            return state.forgottenCount + state.requests.count - 1
        }
    }

    private static func replace(_ number: Int, _ request: RecordedRequest, _ state: Shared) {
        state.value.withLock { state in
            let index = number - state.forgottenCount
            if state.requests.indices.contains(index) { state.requests[index] = request }
        }
    }

    private static func send(_ answer: StandInAnswer, to stream: StandInStream, isHead: Bool, _ state: Shared) throws(StandInError) {
        let head = answer.head(puppetVersion: "7.23.0")
        if isHead { return try stream.write(head) }
        switch answer.content {
        case .bytes(let bytes): try stream.write(head + bytes)
        case .sized(let count):
            try stream.write(head)
            try StandInContent.pieces(count) { (piece) throws(StandInError) in
                try stream.write(piece)
                state.sentByteCount.add(piece.count, ordering: .relaxed)
            }
        case .chunked(let count, let chunk, let delay):
            try stream.write(head)
            var sent = 0
            while sent < count {
                if sent > 0, delay > .zero { pause(delay) }
                let size = min(chunk, count - sent, StandInContent.block.count)
                let offset = sent % StandInContent.block.count
                let first = StandInContent.block[offset..<min(offset + size, StandInContent.block.count)]
                let second = StandInContent.block[..<(size - first.count)]
                try stream.write(Array("\(String(size, radix: 16))\r\n".utf8) + first + second + [13, 10])
                sent += size
                state.sentByteCount.add(size, ordering: .relaxed)
            }
            try stream.write("0\r\n\r\n")
        }
    }

    private static func pause(_ duration: Duration) {
        let parts = duration.components
        Thread.sleep(forTimeInterval: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }
}
