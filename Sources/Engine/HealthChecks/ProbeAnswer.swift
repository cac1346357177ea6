import Buffers
import HTTP1
import Model

/// An HTTP response to a probe as it arrives: its head, then its content without framing. Both are bounded.
struct ProbeAnswer: ~Copyable {
    enum Progress { case needsMore, hasHead, isWhole }

    /// What is wrong with the response, as text.
    struct Defect: Error { let text: String }

    private let method: RequestMethod
    private let contentBound: Int
    private var parser = ResponseParser(limit: 16 << 10)
    private var scanner: BodyScanner?
    private var head = ResponseHead()
    /// At most `contentBound` bytes.
    private(set) var content: [UInt8] = []

    /// - Parameter contentBound: bytes; bytes after them are ignored, and the response counts as whole
    init(to method: RequestMethod, contentBound: Int) {
        self.method = method
        self.contentBound = contentBound
    }

    /// Once there is a head.
    var status: Int { head.status }

    static func request(_ method: String, _ target: String, authority: [UInt8]) -> [UInt8] {
        Array("\(method) \(target) HTTP/1.1\r\nHost: ".utf8) + authority
            + Array("\r\nUser-Agent: puppetfront\r\nAccept: */*\r\nConnection: close\r\n\r\n".utf8)
    }

    /// Consumes what it has parsed. A response that ends within its content counts as whole, with the content so far.
    mutating func take(_ buffer: ByteBuffer, hasEnded: Bool) throws(Defect) -> Progress {
        do throws(ResponseError) {
            if scanner == nil, try parser.parse(buffer.readable, requestMethod: method, into: &head) == .complete {
                scanner = BodyScanner(head.framing)
                buffer.consume(head.length)
            }
        } catch {
            throw Defect(text: "\(error)")
        }
        guard scanner != nil else {
            if hasEnded { throw Defect(text: "connection closed before the response") }
            return .needsMore
        }
        do throws(FramingError) {
            return try takeContent(buffer) || hasEnded ? .isWhole : .hasHead
        } catch {
            throw Defect(text: "\(error)")
        }
    }

    /// Whether that was all.
    private mutating func takeContent(_ buffer: ByteBuffer) throws(FramingError) -> Bool {
        while let segment = try scanner?.next(buffer.readable) {
            switch segment {
            case .content(let count):
                let room = contentBound - content.count
                buffer.readable.extracting(first: min(count, room)).withUnsafeBufferPointer { content += $0 }
                buffer.consume(count)
                if count > room { return true }
            case .framing(let count), .trailers(let count): buffer.consume(count)
            case .needMore: return false
            case .finished: return true
            }
        }
        return false
    }
}
