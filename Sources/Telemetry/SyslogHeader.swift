import Settings

/// What precedes a line of the access log that goes to a syslog daemon: facility local0, severity informational. RFC 5424, section 6,
/// without structured data, or the header that syslog(3) writes. One datagram holds one line, without the line feed.
package struct SyslogHeader: Sendable {
    /// Bytes of a datagram; a line that does not fit is cut. Daemons take 8 KiB by default (RFC 5426, section 3.2: they should
    /// take 2,048).
    package static let datagramBound = 8000

    private let beforeTime: [UInt8]
    private let afterTime: [UInt8]
    /// The same for a line that is cut, which must not be taken for a whole one.
    private let afterTimeOfCut: [UInt8]
    private var clock: LogClock

    package init(_ form: LogSettings.SyslogForm, hostName: String, processID: Int32) {
        switch form {
        case .rfc5424:
            beforeTime = Array("<134>1 ".utf8)
            let sender = "Z \(Self.hostWord(hostName)) puppetfront \(processID)"
            afterTime = Array("\(sender) access - ".utf8)
            afterTimeOfCut = Array("\(sender) access-cut - ".utf8)
            clock = LogClock(style: .rfc3339)
        case .local:
            beforeTime = Array("<134>".utf8)
            afterTime = Array(" puppetfront[\(processID)]: ".utf8)
            afterTimeOfCut = afterTime
            clock = LogClock(style: .syslog)
        }
    }

    package var hasLocalTime: Bool { clock.style == .syslog }

    /// Replaces `datagram` by header and line.
    /// - Parameters:
    ///   - line: without line feed
    ///   - time: nanoseconds since 1970, UTC
    ///   - localOffsetSeconds: local time's distance from UTC, which the local form wants
    package mutating func write(_ line: ArraySlice<UInt8>, time: Int64, localOffsetSeconds: Int64, to datagram: inout [UInt8]) {
        datagram.removeAll(keepingCapacity: true)
        datagram += beforeTime
        if hasLocalTime { clock.offsetSeconds = localOffsetSeconds }
        LineWriter.append(to: &datagram, capacity: 32) { clock.append(time, to: &$0) }
        let room = Self.datagramBound - datagram.count
        guard line.count > room - afterTime.count else {
            datagram += afterTime
            datagram += line
            return
        }
        datagram += afterTimeOfCut
        var end = line.startIndex + room - afterTimeOfCut.count
        // Not within a character of UTF-8.
        while end > line.startIndex, line[end] & 0xC0 == 0x80 { end -= 1 }
        datagram += line[..<end]
    }

    /// 1 to 255 printable ASCII characters without blanks; else the word for none.
    private static func hostWord(_ name: String) -> String {
        let isWord = (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isWord ? name : "-"
    }
}
