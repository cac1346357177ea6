import CLinux
import Network
import Settings
import Telemetry

/// A syslog daemon as the access log's output: one datagram a line, by UDP (RFC 5426) or to a Unix socket.
struct SyslogOutput: ~Copyable {
    private let socket: DatagramSocket
    private let isUDP: Bool
    private var header: SyslogHeader
    private var datagram: [UInt8] = []
    /// Lines known to be lost since `takeLinesLost` was last called.
    private var linesLost = 0

    var number: Int32 { socket.number }

    init(to address: SocketAddress, _ header: SyslogHeader) throws(SystemError) {
        socket = try DatagramSocket(to: address)
        isUDP = true
        self.header = header
    }

    init(toSocketAt path: String, _ header: SyslogHeader) throws(SystemError) {
        socket = try DatagramSocket(toSocketAt: path)
        isUDP = false
        self.header = header
    }

    /// Sends the first of the lines.
    mutating func write(_ lines: ArraySlice<UInt8>) -> LogStep {
        let line = lines.firstLine
        let offset = header.hasLocalTime ? WallClock.localOffsetSeconds() : 0
        header.write(line.dropLast(), time: WallClock.nanoseconds(), localOffsetSeconds: offset, to: &datagram)
        let accepted = LogStep.accepted(line.count)
        switch socket.send(datagram) {
        case .done: return accepted
        case .blocked: return .blocked
        case .failed(let error):
            if error.code == EMSGSIZE {
                linesLost += 1
                return accepted
            }
            noteLoss(error)
            return .failed(error)
        }
    }

    /// An error that the system reported for lines sent earlier.
    mutating func takeError() -> SystemError? {
        guard let error = socket.takeError() else { return nil }
        noteLoss(error)
        return error
    }

    mutating func takeLinesLost() -> Int {
        defer { linesLost = 0 }
        return linesLost
    }

    /// A closed UDP port is reported for the datagram before (udp(7)).
    private mutating func noteLoss(_ error: SystemError) {
        if isUDP, error.code == ECONNREFUSED { linesLost += 1 }
    }
}
