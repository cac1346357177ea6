import LoadKit

/// Accepts proxies on two ports, plain and TLS, and responds to them for ever.
final class Server {
    let plain = LoopbackSocket.listen()
    let secure = LoopbackSocket.listen()

    private let responses: ResponseTable
    private let context: OpaquePointer
    private let poller = EpollSet()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
    private var connections: [ServerConnection?] = []

    init(responses: ResponseTable, context: OpaquePointer) {
        self.responses = responses
        self.context = context
        poller.add(plain.descriptor)
        poller.add(secure.descriptor)
    }

    func serve() -> Never {
        while true {
            _ = poller.wait(milliseconds: -1) { descriptor in
                switch descriptor {
                case plain.descriptor: accept(descriptor, nil)
                case secure.descriptor: accept(descriptor, context)
                default:
                    guard let connection = connections[Int(descriptor)] else { return }
                    if case .over = connection.proceed(responses.response, buffer) { connections[Int(descriptor)] = nil }
                }
            }
        }
    }

    private func accept(_ listener: Int32, _ context: OpaquePointer?) {
        while let descriptor = LoopbackSocket.accept(listener) {
            while connections.count <= Int(descriptor) { connections.append(nil) }
            let stream = ByteStream(descriptor: descriptor, context: context, isClient: false)
            connections[Int(descriptor)] = ServerConnection(stream: stream)
            poller.add(descriptor)
        }
    }
}
