/// The greeting in three lines by which the caller names the protocol, the peer that it calls and itself (haproxy-wire 1.2), and the status
/// line that replies.
enum PeerHello {
    static let longestLine = 1024
    static let ok = 200

    static func lines(to remote: String, from local: String, minor: Int) -> [UInt8] {
        Array("HAProxyS 2.\(minor)\n\(remote)\n\(local) 1 1\n".utf8)
    }

    static func status(_ code: Int) -> [UInt8] { Array("\(code)\n".utf8) }

    /// The minor version of `HAProxyS 2.1`.
    static func minor(_ line: ArraySlice<UInt8>) throws(PeerFault) -> Int {
        let words = Array(trimmed(line).split(separator: 0x20, omittingEmptySubsequences: false))
        guard words.count == 2, words[0].elementsEqual("HAProxyS".utf8) else { throw .badHello }
        let numbers = words[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { number($0) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { throw .badHello }
        guard major == 2, minor <= 1 else { throw .badVersion }
        return minor
    }

    /// A name, without what follows a space: the caller's has process numbers after it.
    static func name(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: trimmed(line).prefix { $0 != 0x20 }, as: UTF8.self)
    }

    /// nil: no three digits.
    static func code(_ line: ArraySlice<UInt8>) -> Int? {
        let text = trimmed(line)
        return text.count == 3 ? number(text) : nil
    }

    static func code(of fault: PeerFault) -> Int? {
        switch fault {
        case .longLine, .badHello: 501
        case .badVersion: 502
        case .notForUs: 503
        case .unknownPeer, .ourOwnName: 504
        default: nil
        }
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> { line.last == 0x0D ? line.dropLast() : line }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
