import CLinux
import Network

/// The connection of a takeover, at the new instance: blocking messages of text and descriptors.
final class TakeoverChannel {
    private let connection: FileDescriptor

    init(_ connection: consuming FileDescriptor) { self.connection = connection }

    func send(_ bytes: [UInt8]) throws(Takeover.Failure) {
        try passing { () throws(SystemError) in try DescriptorPassing.send(bytes, [], over: connection.number) }
    }

    /// Text instead of descriptors is a refusal.
    func receive() throws(Takeover.Failure) -> [Int32] {
        // One byte of text comes with each message's descriptors.
        let (bytes, descriptors) = try passing { () throws(SystemError) in try DescriptorPassing.receive(1024, from: connection.number) }
        guard !bytes.isEmpty else { throw .failed("the running instance has ended the conversation") }
        guard !descriptors.isEmpty else { throw .failed(Self.refusal(bytes)) }
        return descriptors
    }

    /// Other text is a refusal.
    func expect(_ text: [UInt8]) throws(Takeover.Failure) {
        var received: [UInt8] = []
        while received.count < text.count {
            let (bytes, _) = try passing { () throws(SystemError) in try DescriptorPassing.receive(64, from: connection.number) }
            guard !bytes.isEmpty else { throw .failed("the running instance has ended the conversation") }
            received += bytes
        }
        guard received == text else { throw .failed(Self.refusal(received)) }
    }

    /// - Parameter file: closed afterwards
    func content(of file: Int32, bound: Int) throws(Takeover.Failure) -> [UInt8] {
        let owned = FileDescriptor(owning: file)
        do { return try FileContent.read(owned, bound: bound) } catch { throw .failed(error.description) }
    }

    private func passing<Result>(_ body: () throws(SystemError) -> Result) throws(Takeover.Failure) -> Result {
        do { return try body() } catch { throw .failed(error.description) }
    }

    private static func refusal(_ bytes: [UInt8]) -> String {
        "the running instance says: "
            + String(decoding: bytes.prefix { $0 != 0x0A }.map { (0x20..<0x7F).contains($0) ? $0 : 0x2E }, as: UTF8.self)
    }
}
