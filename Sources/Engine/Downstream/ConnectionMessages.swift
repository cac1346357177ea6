import HTTP2
import Logging
import Model
import Network
import TLS

/// What a worker logs of connections and requests: bounded, however many there are.
final class ConnectionMessages {
    private let log: Logger
    private var repeated = RepeatedMessages()

    init(log: Logger) { self.log = log }

    func rejected(_ limit: String) { write(.rejected, .warning, ["limit": "\(limit)"]) }

    func memoryMissing() { write(.noMemory, .error, [:]) }

    func acceptFailed(_ error: SystemError) { write(.acceptFailed, .warning, ["reason": "\(error.description)"]) }

    func proxyHeaderMalformed(_ connection: DownstreamConnection) { write(.badProxyHeader, .notice, metadata(connection)) }

    func handshakeFailed(_ connection: DownstreamConnection, _ failure: HandshakeFailure) {
        write(.handshakeFailed, .notice, metadata(connection, failure))
    }

    /// - Parameter failure: a limit that the client went over is a warning
    func http2Failed(_ connection: DownstreamConnection, _ failure: HTTP2Session.Failure) {
        http2Failed(listener: connection.listener.settings.name, source: connection.source.description, failure)
    }

    func http2Failed(listener: String, source: String, _ failure: HTTP2Session.Failure) {
        let client: Logger.Metadata = ["listener": "\(listener)", "source": "\(source)"]
        switch failure {
        case .abuse(let abuse): write(.http2Failed, .warning, client.merging(["limit": "\(abuse.rawValue)"]) { $1 })
        case .protocolError(let reason): write(.http2Failed, .notice, client.merging(["reason": "\(reason)"]) { $1 })
        }
    }

    func connectFailed(_ target: UpstreamTarget, reason: String) { write(.connectFailed, .warning, metadata(target, reason)) }

    func badResponse(_ target: UpstreamTarget, reason: String) { write(.badResponse, .warning, metadata(target, reason)) }

    /// - Parameters:
    ///   - name: the member's; empty: not known
    ///   - reason: nil where all is well
    func peer(_ kind: RepeatedMessages.Kind, section: String, name: String, reason: String? = nil) {
        var metadata: Logger.Metadata = ["peers": "\(section)"]
        if !name.isEmpty { metadata["peer"] = "\(name)" }
        if let reason { metadata["reason"] = "\(reason)" }
        write(kind, reason == nil ? .notice : .warning, metadata)
    }

    /// Reports how many messages were suppressed, where it is time.
    func reportSuppressed(now: Int64) {
        for (kind, count) in repeated.takeLeftOut(now: now) { log.warning("\(kind.words): \(count) similar messages suppressed") }
    }

    private func write(_ kind: RepeatedMessages.Kind, _ level: Logger.Level, _ metadata: @autoclosure () -> Logger.Metadata) {
        guard repeated.admits(kind, now: MonotonicClock.nanoseconds()) else { return }
        log.log(level: level, "\(kind.words)", metadata: metadata())
    }

    private func metadata(_ connection: DownstreamConnection) -> Logger.Metadata {
        ["listener": "\(connection.listener.settings.name)", "source": "\(connection.source.description)"]
    }

    private func metadata(_ connection: DownstreamConnection, _ failure: HandshakeFailure) -> Logger.Metadata {
        var metadata = metadata(connection)
        metadata["reason"] = "\(HandshakeRefusal(failure.kind)?.rawValue ?? "closed")"
        metadata["cause"] = "\(failure.reason)"
        if let certname = failure.certname { metadata["certname"] = "\(certname)" }
        if let serial = failure.serial { metadata["serial"] = "\(serial)" }
        return metadata
    }

    private func metadata(_ target: UpstreamTarget, _ reason: String) -> Logger.Metadata {
        ["server": "\(target.pool)/\(String(decoding: target.name, as: UTF8.self))", "reason": "\(reason)"]
    }
}
