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
    /// Lines that did not arrive, as far as anybody tells, since that was last asked.
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
        let taken = LogStep.took(line.count)
        switch socket.send(datagram) {
        case .done: return taken
        case .blocked: return .blocked
        case .failed(let error):
            if error.code == EMSGSIZE {
                linesLost += 1
                return taken
            }
            noteLoss(error)
            return .failed(error)
        }
    }

    /// What became of lines sent earlier.
    mutating func takeError() -> SystemError? {
        guard let error = socket.takeError() else { return nil }
        noteLoss(error)
        return error
    }

    mutating func takeLinesLost() -> Int {
        defer { linesLost = 0 }
        return linesLost
    }

    /// That nobody is there is told of the datagram before (udp(7)).
    private mutating func noteLoss(_ error: SystemError) {
        if isUDP, error.code == ECONNREFUSED { linesLost += 1 }
    }
}
