/// A message's kind: its class and type (haproxy-wire 1.4).
enum PeerMessageKind: Equatable {
    case resyncRequest, resyncFinished, resyncPartial, resyncConfirm, heartbeat
    case protocolError, sizeLimit
    case update, incrementalUpdate, timedUpdate, timedIncrementalUpdate
    case definition, tableSwitch, acknowledgement
    /// Of a later version: skipped.
    case unknown
    /// Class 255.
    case reserved

    init(messageClass: UInt8, type: UInt8) {
        switch (messageClass, type) {
        case (0, 0): self = .resyncRequest
        case (0, 1): self = .resyncFinished
        case (0, 2): self = .resyncPartial
        case (0, 3): self = .resyncConfirm
        case (0, 4): self = .heartbeat
        case (1, 0): self = .protocolError
        case (1, 1): self = .sizeLimit
        case (10, 0x80): self = .update
        case (10, 0x81): self = .incrementalUpdate
        case (10, 0x82): self = .definition
        case (10, 0x83): self = .tableSwitch
        case (10, 0x84): self = .acknowledgement
        case (10, 0x85): self = .timedUpdate
        case (10, 0x86): self = .timedIncrementalUpdate
        case (255, _): self = .reserved
        default: self = .unknown
        }
    }

    var hasID: Bool { self == .update || self == .timedUpdate }
    var hasExpiry: Bool { self == .timedUpdate || self == .timedIncrementalUpdate }
}

/// Cuts what was received into messages. Holds at most one message and what one read brings.
struct PeerFrameReader {
    /// Bytes of a message's content, as HAProxy's buffer (tune.bufsize).
    static let longest = 16_384

    private var input: [UInt8] = []
    private var start = 0

    var held: Int { input.count - start }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > 0 {
            input.removeSubrange(..<start)
            start = 0
        }
        input.append(contentsOf: bytes)
    }

    /// Bytes up to a line feed, which is taken too; nil: there is none yet. Throws where a line is longer than any that may come.
    mutating func line(limit: Int) throws(PeerFault) -> ArraySlice<UInt8>? {
        guard let end = input[start...].prefix(limit + 1).firstIndex(of: 0x0A) else {
            if held > limit { throw .longLine }
            return nil
        }
        defer { start = end + 1 }
        return input[start..<end]
    }

    /// nil: no whole message was received yet.
    mutating func next() throws(PeerFault) -> (kind: PeerMessageKind, content: ArraySlice<UInt8>)? {
        guard held >= 2 else { return nil }
        let kind = PeerMessageKind(messageClass: input[start], type: input[start + 1])
        guard input[start + 1] & 0x80 != 0 else {
            start += 2
            return (kind, [])
        }
        var reader = ByteReader(input[(start + 2)...].prefix(5))
        guard let length = reader.varint() else {
            if reader.bytes.count == 5 { throw .tooLong }
            return nil
        }
        guard length <= PeerFrameReader.longest else { throw .tooLong }
        let content = reader.position
        guard input.count - content >= Int(length) else { return nil }
        start = content + Int(length)
        return (kind, input[content..<start])
    }
}

extension [UInt8] {
    mutating func appendControl(_ type: UInt8) { append(contentsOf: [0, type]) }

    /// - Parameter content: at most `PeerFrameReader.longest` bytes
    mutating func appendMessage(_ type: UInt8, _ content: [UInt8]) {
        append(contentsOf: [10, type])
        Varint.append(UInt64(content.count), to: &self)
        append(contentsOf: content)
    }
}

/// Why a connection to a peer ends.
package enum PeerFault: Error, Hashable, Sendable {
    case longLine, badHello, badVersion, notForUs, unknownPeer, ourOwnName
    /// The peer said so: the code of its status line.
    case refused(Int)
    case tooLong, malformed, reserved
    case peerSaysProtocolError, peerSaysSizeLimit
    /// Nothing was received for five seconds.
    case silent

    /// For logs.
    package var text: String {
        switch self {
        case .longLine: "a line of its greeting is too long"
        case .badHello: "it does not speak the peers protocol"
        case .badVersion: "it speaks another version of the protocol"
        case .notForUs: "it asks for another name than ours"
        case .unknownPeer: "its name is not among the members"
        case .ourOwnName: "it claims our own name"
        case .refused(let code): "it refused with \(code)"
        case .tooLong: "a message is too long"
        case .malformed: "a message is malformed"
        case .reserved: "a message has the reserved class"
        case .peerSaysProtocolError: "it reports a protocol error"
        case .peerSaysSizeLimit: "it reports a message that is too long"
        case .silent: "nothing was received for 5 s"
        }
    }

    /// Whether the peer broke the protocol; otherwise it may just be away, or not ready.
    package var isProtocolError: Bool {
        switch self {
        case .refused, .silent: false
        default: true
        }
    }
}
