import Model

/// A handshake that was refused for the agent's certificate. Its name and serial number are the certificate's own, unverified.
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
