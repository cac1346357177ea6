import Buffers
import HTTP1
import Model
import Puppet

/// What is this request for Puppet? Head and the beginning of its content → `PuppetRequest`.
///
/// It also says when enough of the content is here for a server's slot: all of it, or as much as is held (`limits.body_prefix`).
/// It holds the content of a chunked form or JSON body without its framing; one value a request.
struct RequestClassifier {
    enum Outcome {
        /// Nothing more is needed.
        case ready
        /// More of the content is needed, so much in all with the head.
        case needsContent(upTo: Int)
        /// A catalog's body is longer than what is read of one.
        case tooLong
        /// It can be read in two ways, or its framing is broken.
        case refused(cause: String)
    }

    /// Bytes of content.
    struct Bounds {
        /// Held for a retry (`limits.body_prefix`).
        let hold: Int
        /// Read for the environment (`limits.body_scan`).
        let scan: Int
    }

    private enum Need { case nothing, hold, classification }

    private var need = Need.nothing
    /// All of the content has been received.
    private(set) var hasWholeContent = false
    private var content: [UInt8] = []
    private var scannedUpTo = 0
    private var scanner = BodyScanner(.none)

    /// The head has arrived.
    mutating func begin(
        _ head: borrowing RequestHead, _ bytes: ByteBuffer, _ request: inout PuppetRequest, _ bounds: Bounds, isOperator: Bool
    ) -> Outcome {
        scanner = BodyScanner(head.framing)
        scannedUpTo = head.length
        let all = bytes.readable
        let classification = request.classify(
            method: head.method, target: all.extracting(head.target.range),
            agentVersion: all.extracting(head.first(.puppetVersion)?.value.range ?? 0..<0), isOperator: isOperator)
        switch classification {
        case .complete: need = scanner.isFinished ? .nothing : .hold
        case .needsBody: need = .classification
        case .ambiguous(let problem): return .refused(cause: problem.rawValue)
        }
        return look(head, bytes, &request, bounds)
    }

    /// Whether the request is understood, so that only content is missing.
    var isClassified: Bool { need != .classification }

    /// More of the content may have arrived.
    mutating func look(
        _ head: borrowing RequestHead, _ bytes: ByteBuffer, _ request: inout PuppetRequest, _ bounds: Bounds
    ) -> Outcome {
        guard need != .nothing else {
            hasWholeContent = true
            return .ready
        }
        let limit = need == .classification ? bounds.scan : bounds.hold
        let extent: BodyExtent
        do throws(FramingError) {
            extent = try self.extent(head, bytes, limit)
        } catch {
            return .refused(cause: error.text)
        }
        hasWholeContent = extent == .whole
        if need == .classification {
            switch classify(head, bytes, &request, extent) {
            case .complete:
                need = .hold
                return look(head, bytes, &request, bounds)
            case .needsMore: break
            case .ambiguous(let problem): return .refused(cause: problem.rawValue)
            case .tooLong: return .tooLong
            }
        }
        if need == .hold, extent != .growing {
            need = .nothing
            return .ready
        }
        return .needsContent(upTo: min(head.length + limit + 4096, max(bytes.count + 16 << 10, expectedEnd(head, bounds.hold))))
    }

    private func classify(
        _ head: borrowing RequestHead, _ bytes: ByteBuffer, _ request: inout PuppetRequest, _ extent: BodyExtent
    ) -> BodyClassification {
        let all = bytes.readable
        let type = all.extracting(head.first(.contentType)?.value.range ?? 0..<0)
        let encoding = all.extracting(head.first(.contentEncoding)?.value.range ?? 0..<0)
        if head.framing == .chunked {
            return request.classifyBody(content.span, contentType: type, contentEncoding: encoding, extent: extent)
        }
        var end = all.count
        if case .contentLength(let length) = head.framing { end = head.length + Int(min(length, UInt64(all.count - head.length))) }
        return request.classifyBody(all.extracting(head.length..<end), contentType: type, contentEncoding: encoding, extent: extent)
    }

    /// Where the request ends, as far as its length is known.
    private func expectedEnd(_ head: borrowing RequestHead, _ limit: Int) -> Int {
        if case .contentLength(let length) = head.framing { return head.length + Int(min(length, UInt64(limit))) }
        return head.length
    }

    private mutating func extent(_ head: borrowing RequestHead, _ bytes: ByteBuffer, _ limit: Int) throws(FramingError) -> BodyExtent {
        let held = bytes.count - head.length
        switch head.framing {
        case .contentLength(let length):
            if need == .classification, length > UInt64(limit) { return .cut }
            if UInt64(held) >= length { return .whole }
        case .chunked:
            try dechunk(bytes)
            if scanner.isFinished { return need == .classification && content.count > limit ? .cut : .whole }
        case .none, .untilClose:
            return .whole
        }
        return held >= limit ? .cut : .growing
    }

    /// Extracts the content from the received part of a chunked body.
    private mutating func dechunk(_ buffer: ByteBuffer) throws(FramingError) {
        let bytes = buffer.readable
        while scannedUpTo < bytes.count, !scanner.isFinished {
            switch try scanner.next(bytes.extracting(scannedUpTo..<bytes.count)) {
            case .content(let count):
                if need == .classification {
                    bytes.extracting(scannedUpTo..<scannedUpTo + count).withUnsafeBytes { content.append(contentsOf: $0) }
                }
                scannedUpTo += count
            case .framing(let count), .trailers(let count): scannedUpTo += count
            case .needMore, .finished: return
            }
        }
    }

    /// The request is over.
    mutating func end() {
        need = .nothing
        hasWholeContent = false
        if content.capacity > 16 << 10 { content = [] } else { content.removeAll(keepingCapacity: true) }
    }
}
