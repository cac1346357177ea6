import Model

/// A handshake that failed. Name and serial number are those of the certificate that was not accepted, unverified; empty where none was shown.
package struct RefusedHandshake: Sendable {
    package var refusal: HandshakeRefusal
    /// Seconds since 1970.
    package var time: Int64
    package var listener: [UInt8]
    package var source: [UInt8]
    package var certname: [UInt8]
    /// Upper-case hexadecimal.
    package var serial: [UInt8]
    /// One line for the operator.
    package var cause: [UInt8]

    package init(
        _ refusal: HandshakeRefusal, time: Int64, listener: [UInt8], source: [UInt8], certname: [UInt8], serial: [UInt8], cause: [UInt8]
    ) {
        self.refusal = refusal
        self.time = time
        self.listener = listener
        self.source = source
        self.certname = certname
        self.serial = serial
        self.cause = cause
    }
}
