import CLinux
import Network
import Settings
import Telemetry

/// What the access log's lines go to.
struct LogOutput: ~Copyable {
    private let stream: LogStream?
    private var syslog: SyslogOutput?
    /// To wait with for readiness to write.
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

    /// - Parameter lines: not empty; a stream may take a part, syslog takes the first
    mutating func write(_ lines: ArraySlice<UInt8>) -> LogStep {
        if syslog != nil { return syslog!.write(lines) }
        return lines.withUnsafeBytes { stream!.write($0) }
    }

    /// What became of lines that were taken earlier, where anybody tells.
    mutating func takeError() -> SystemError? { syslog?.takeError() }

    /// Lines that were taken and did not arrive, since the last call.
    mutating func takeLinesLost() -> Int { syslog?.takeLinesLost() ?? 0 }

    /// Whether what was left undone can be done later with the same descriptor: there is no space, or no other descriptor.
    func isWorthKeeping(after error: SystemError) -> Bool {
        stream != nil && (number == 1 || [ENOSPC, EDQUOT, EFBIG].contains(error.code))
    }
}

extension LogSettings.Target {
    /// As messages name it.
    var words: String {
        switch self {
        case .stdout: "standard output"
        case .none: "none"
        case .file(let path): path
        case .syslog(.socket(let path)): "syslog:\(path)"
        case .syslog(.udp(let address)): "syslog:\(address.host.contains(":") ? "[\(address.host)]" : address.host):\(address.port)"
        }
    }
}
