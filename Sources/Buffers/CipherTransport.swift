/// What a TLS session reads ciphertext from and writes it to. The Engine's connections are these; TLS itself touches no socket.
package protocol CipherTransport: AnyObject {
    /// Like recv(2) into `memory`.
    func receive(into memory: UnsafeMutableRawBufferPointer) -> TransferResult
    /// Takes a piece of ciphertext to be sent later, whole or not at all: `.blocked` where the gather buffer is full.
    func gather(_ bytes: UnsafeRawBufferPointer) -> TransferResult
}

public enum TransferResult: Sendable, Equatable {
    /// More than zero.
    case bytes(Int)
    /// Nothing now; readiness will be reported.
    case blocked
    case endOfStream
    case failed
}
