import Buffers
import HTTP1
import HTTP2
import Model

/// What holds for every sequence of bytes that a peer sends after the preface (and an empty SETTINGS) of HTTP/2. The input's first byte says
/// which role reads it.
package enum SessionInvariants {
    private static let greeting = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Small, so that a fuzzer reaches them.
    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.streams = 8
        limits.headerList = 2048
        limits.streamWindow = 1024
        return limits
    }()

    private final class World {
        let session: HTTP2Session
        let block = FieldBlock(capacity: 64)
        let buffer = ByteBuffer(capacity: 40_000)
        var log: [String] = []
        var open: Set<Int32> = []
        var problem: String?

        init(_ role: HTTP2Session.Role) {
            session = HTTP2Session(role, limits: limits, heads: BufferPool(bufferCapacity: 1024, keep: 4))
            block.setStatus("200")
            if role == .client {
                var head = RequestHead()
                let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                var parser = RequestParser(limits: HeadLimits(head: 64, target: 8))
                _ = try? parser.parse(text.span, into: &head)
                let request = FieldBlock(capacity: 64)
                _ = request.setRequest(head, bytes: text.span, scheme: "https")
                for _ in 0..<3 { if let stream = session.request(request, hasContent: false) { open.insert(stream.id) } }
            }
        }
    }

    /// What `input` breaks; nil where all holds.
    package static func violation(of input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let role = first & 1 == 0 ? HTTP2Session.Role.server : .client
        let bytes = (role == .server ? greeting : []) + settings + input.dropFirst()
        let whole = play(bytes, role, step: .max)
        if let problem = whole.problem { return problem }
        let split = play(bytes, role, step: 5)
        if let problem = split.problem { return "in steps: \(problem)" }
        return nil
    }

    private static func play(_ bytes: [UInt8], _ role: HTTP2Session.Role, step: Int) -> World {
        let world = World(role)
        var rest = bytes[...]
        while !rest.isEmpty, world.problem == nil {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes {
                world.session.receive($0, now: 0)
                takeEvents(world)
            }
            drain(world)
        }
        return world
    }

    private static func drain(_ world: World) {
        var turns = 0
        repeat {
            world.buffer.clear()
            _ = world.session.produce(into: world.buffer)
            takeEvents(world)
            turns += 1
        } while !world.buffer.isEmpty && turns < 1000
        if turns == 1000 { world.problem = "never stops sending" }
        if world.session.streamCount > limits.streams + 3 { world.problem = "more streams than allowed" }
    }

    private static func takeEvents(_ world: World) {
        while let event = world.session.nextEvent() {
            switch event {
            case .head(let stream, let head, let ends): headCame(stream, head, ends, world)
            case .interim(_, let head): if let problem = responseProblem(head) { world.problem = problem }
            case .headTooLarge(let stream): world.session.reset(stream, .enhanceYourCalm)
            case .content(let stream, let bytes):
                if !world.open.contains(stream.id) { world.problem = "content without a head" }
                world.session.consume(stream, bytes.count)
            case .ended(let stream, _): if !world.open.contains(stream.id) { world.problem = "an end without a head" }
            case .closed(let stream, _):
                world.open.remove(stream.id)
                if !stream.isClosed { world.problem = "closed, and is not" }
                if world.session.stream(stream.id) != nil { world.problem = "closed, and kept" }
            case .drained, .goAway, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
    }

    private static func headCame(_ stream: HTTP2Stream, _ head: ByteBuffer, _ ends: Bool, _ world: World) {
        if world.session.role == .client {
            if let problem = responseProblem(head) { world.problem = problem }
            return
        }
        if !world.open.insert(stream.id).inserted { world.problem = "two heads of one stream" }
        if let problem = requestProblem(head, ends) { world.problem = problem }
        // Every other stream gets a response with content, so that windows matter.
        let hasContent = stream.id % 4 == 1
        if hasContent {
            let content = ByteBuffer(capacity: 3000)
            content.append([UInt8](repeating: 1, count: 3000))
            stream.put(content)
            stream.end()
        }
        world.session.respond(stream, world.block, hasContent: hasContent)
    }

    /// A head is one head: the parser of HTTP/1.1 reads it to its end, or refuses it; it never finds a second one in it.
    private static func requestProblem(_ head: ByteBuffer, _ ends: Bool) -> String? {
        var parsed = RequestHead()
        var parser = RequestParser(limits: HeadLimits(head: 8192, target: 8192))
        do {
            guard try parser.parse(head.readable, into: &parsed) == .complete else { return "a head that is not whole" }
        } catch {
            return nil
        }
        guard parsed.length == head.count else { return "bytes after the head" }
        switch parsed.framing {
        case .none: return ends ? nil : "content without framing"
        case .chunked: return ends ? "framing without content" : nil
        case .contentLength(let length): return ends && length > 0 ? "a length without content" : nil
        case .untilClose: return "a request until the connection's end"
        }
    }

    private static func responseProblem(_ head: ByteBuffer) -> String? {
        var parsed = ResponseHead()
        var parser = ResponseParser(limit: 8192)
        do {
            guard try parser.parse(head.readable, requestMethod: .get, into: &parsed) == .complete else {
                return "a head that is not whole"
            }
        } catch {
            return nil
        }
        return parsed.length == head.count ? nil : "bytes after the head"
    }
}
