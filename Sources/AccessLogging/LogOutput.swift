import CLinux
import Network
import Settings
import Telemetry

/// Where the access log's lines are written: a stream or a syslog daemon.
struct LogOutput: ~Copyable {
    private let stream: LogStream?
    private var syslog: SyslogOutput?
    /// To poll for readiness to write.
    let number: Int32

    init(_ stream: consuming LogStream) {
        number = stream.number
        self.stream = consume stream
        syslog = nil
    }

    init(_ syslog: consuming SyslogOutput) {
        number = syslog.number
        stream = nil
        self.syslog = consume syslog
    }

    /// - Parameter lines: not empty; a stream may accept a part, syslog accepts the first line
    mutating func write(_ lines: ArraySlice<UInt8>) -> LogStep {
        if syslog != nil { return syslog!.write(lines) }
        return lines.withUnsafeBytes { stream!.write($0) }
    }

    /// An error that the system reported for lines accepted earlier.
    mutating func takeError() -> SystemError? { syslog?.takeError() }

    /// Number of lines accepted and lost since the last call.
    mutating func takeLinesLost() -> Int { syslog?.takeLinesLost() ?? 0 }

    /// Whether the same descriptor may work later: the disk is full, or there is no other descriptor.
    func isWorthKeeping(after error: SystemError) -> Bool {
        stream != nil && (number == 1 || [ENOSPC, EDQUOT, EFBIG].contains(error.code))
    }
}

extension LogSettings.Target {
    /// As log messages name it.
    var description: String {
        switch self {
        case .stdout: "standard output"
        case .none: "none"
        case .file(let path): path
        case .syslog(.socket(let path)): "syslog:\(path)"
        case .syslog(.udp(let address)): "syslog:\(address.host.contains(":") ? "[\(address.host)]" : address.host):\(address.port)"
        }
    }
}
