import Logging
import Network
import Synchronization

/// What a worker has to say of connections and requests: bounded, however many there are.
extension Worker {
    func turnedAway(_ limit: String) {
        counters.turnedAway.add(1, ordering: .relaxed)
        say(.turnedAway, .warning, ["limit": "\(limit)"])
    }

    func acceptFailed(_ error: SystemError) { say(.acceptFailed, .warning, ["reason": "\(error.description)"]) }

    func prefaceMalformed(_ connection: DownstreamConnection) { say(.badPreface, .notice, words(connection)) }

    func handshakeFailed(_ connection: DownstreamConnection, reason: String, certname: String?, serial: String?) {
        tally.withLock { $0.handshakeFailed(connection.listener.name) }
        say(.handshakeFailed, .notice, words(connection, reason, certname, serial))
    }

    func connectFailed(_ target: UpstreamTarget, reason: String) { say(.connectFailed, .warning, words(target, reason)) }

    func badAnswer(_ target: UpstreamTarget, reason: String) { say(.badAnswer, .warning, words(target, reason)) }

    /// Says how many messages were left out, where it is time.
    func tellLeftOut(now: Int64? = nil) {
        for (kind, count) in messages.takeLeftOut(now: now ?? loop.now) {
            log.warning("\(kind.words): \(count) similar messages suppressed")
        }
    }

    private func say(_ kind: RepeatedMessages.Kind, _ level: Logger.Level, _ metadata: @autoclosure () -> Logger.Metadata) {
        guard messages.admits(kind, now: loop.now) else { return }
        log.log(level: level, "\(kind.words)", metadata: metadata())
    }

    private func words(_ connection: DownstreamConnection) -> Logger.Metadata {
        ["listener": "\(connection.listener.settings.name)", "source": "\(connection.source.description)"]
    }

    private func words(_ connection: DownstreamConnection, _ reason: String, _ certname: String?, _ serial: String?) -> Logger.Metadata {
        var metadata = words(connection)
        metadata["reason"] = "\(reason)"
        if let certname { metadata["certname"] = "\(certname)" }
        if let serial { metadata["serial"] = "\(serial)" }
        return metadata
    }

    private func words(_ target: UpstreamTarget, _ reason: String) -> Logger.Metadata {
        ["server": "\(target.pool)/\(String(decoding: target.name, as: UTF8.self))", "reason": "\(reason)"]
    }
}
