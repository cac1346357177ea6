/// What an access-log line says of the client and its connection: the same for all requests of a connection, so it is formatted once.
package final class AccessClient: Sendable {
    package let listener: [UInt8]
    /// The client's address as text.
    package let source: [UInt8]
    package let sourcePort: UInt16
    /// The verified certificate's name; empty where there is none.
    package let certname: [UInt8]
    /// The verified certificate's serial number in hexadecimal.
    package let serial: [UInt8]
    /// nil: plain HTTP.
    package let tls: AccessRecord.TLSVersion?
    /// The line's keys from `listener` to `tls`, with a comma in front.
    let json: [UInt8]

    /// Nothing is known.
    package static let unknown = AccessClient()

    package init(
        listener: [UInt8] = [], source: [UInt8] = [], sourcePort: UInt16 = 0, certname: [UInt8] = [],
        serial: [UInt8] = [], tls: AccessRecord.TLSVersion? = nil
    ) {
        self.listener = listener
        self.source = source
        self.sourcePort = sourcePort
        self.certname = certname
        self.serial = serial
        self.tls = tls
        var text: [UInt8] = []
        let bound = 128 + LineWriter.escapedBound(listener.count + source.count + certname.count + serial.count)
        LineWriter.append(to: &text, capacity: bound) { line in
            line.append(",\"listener\":", text: listener)
            line.append(",\"source\":", text: source)
            line.append(",\"source_port\":", number: source.isEmpty ? nil : UInt64(sourcePort))
            line.append(",\"client\":", text: certname)
            line.append(",\"serial\":", text: serial)
            switch tls {
            case .tls12: line.append(",\"tls\":\"1.2\"")
            case .tls13: line.append(",\"tls\":\"1.3\"")
            case nil: line.append(",\"tls\":null")
            }
        }
        json = text
    }
}
