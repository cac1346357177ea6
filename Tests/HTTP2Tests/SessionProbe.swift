import Buffers
import HTTP2

/// A session with the peer's preface and settings taken; it records the results of received bytes.
final class SessionProbe {
    /// What a case leads to.
    enum Outcome: Equatable, CustomStringConvertible {
        /// No error of either kind.
        case accepted
        case stream(HTTP2ErrorCode)
        case connection(HTTP2ErrorCode)

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .stream(let code): "stream error \(code.name)"
            case .connection(let code): "connection error \(code.name)"
            }
        }
    }

    let session: HTTP2Session
    /// Texts of the whole heads, by stream.
    private(set) var heads: [Int32: String] = [:]
    private(set) var interims: [String] = []
    private(set) var content: [Int32: [UInt8]] = [:]
    private(set) var trailers: [Int32: String] = [:]
    private(set) var ended: Set<Int32> = []
    private(set) var closed: [Int32: HTTP2ErrorCode] = [:]
    private(set) var tooLarge: [Int32] = []
    private(set) var streams: [Int32: HTTP2Stream] = [:]
    private(set) var goAways: [HTTP2ErrorCode] = []
    private(set) var drained = 0
    private(set) var pingsAcknowledged = 0
    private(set) var sent: [Frame] = []
    private var unparsed: [UInt8] = []
    var now: Int64 = 1_000_000_000_000

    init(_ role: HTTP2Session.Role = .server, limits: HTTP2Limits = HTTP2Limits(), greets: Bool = true) {
        session = HTTP2Session(role, limits: limits, heads: BufferPool(bufferCapacity: 16 << 10, keep: 4))
        guard greets else { return }
        feed((role == .server ? Frame.preface : []) + Frame(.settings).bytes)
        sent = []
    }

    func feed(_ frames: Frame...) { feed(frames.flatMap(\.bytes)) }

    /// In pieces of `step` bytes.
    func feed(_ bytes: [UInt8], step: Int = .max) {
        var rest = bytes[...]
        repeat {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes {
                session.receive($0, now: now)
                takeEvents()
            }
            produce()
        } while !rest.isEmpty
    }

    func produce(room: Int = 128 << 10) {
        let buffer = ByteBuffer(capacity: room)
        while true {
            buffer.clear()
            _ = session.produce(into: buffer)
            takeEvents()
            guard !buffer.isEmpty else { break }
            unparsed += Array(UnsafeRawBufferPointer(start: buffer.base, count: buffer.end))
        }
        let frames = (unparsed.starts(with: Frame.preface) ? Frame.parse(Array(unparsed.dropFirst(24))) : Frame.parse(unparsed))
        sent += frames
        unparsed = []
    }

    private func takeEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .head(let stream, let head, let ends):
                streams[stream.id] = stream
                heads[stream.id] = Self.text(head)
                if ends { ended.insert(stream.id) }
            case .headTooLarge(let stream): tooLarge.append(stream.id)
            case .interim(_, let head): interims.append(Self.text(head))
            case .content(let stream, let bytes): content[stream.id, default: []] += Array(bytes)
            case .ended(let stream, let section):
                ended.insert(stream.id)
                if let section { trailers[stream.id] = Self.text(section) }
            case .drained: drained += 1
            case .closed(let stream, let code): closed[stream.id] = code
            case .goAway(_, let code): goAways.append(code)
            case .settingsAcknowledged: break
            case .pingAcknowledged: pingsAcknowledged += 1
            }
        }
    }

    static func text(_ buffer: ByteBuffer) -> String {
        String(decoding: UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), as: UTF8.self)
    }

    /// By what was sent.
    var outcome: Outcome {
        for frame in sent where frame.kind == Frame.Kind.goAway.rawValue {
            return .connection(HTTP2ErrorCode(rawValue: Frame.number(frame.payload[4..<8])))
        }
        for frame in sent where frame.kind == Frame.Kind.reset.rawValue {
            return .stream(HTTP2ErrorCode(rawValue: Frame.number(frame.payload[0..<4])))
        }
        return .accepted
    }

    func frames(_ kind: Frame.Kind) -> [Frame] { sent.filter { $0.kind == kind.rawValue } }
    func forgetSent() { sent = [] }
}
