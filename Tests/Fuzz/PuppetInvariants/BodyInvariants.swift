import Model
import Puppet

/// What must hold for every catalog body whatsoever, however it is cut into pieces.
package enum BodyInvariants {
    /// - Parameter input: the first byte chooses the kind of request, the second how the pieces are cut; the rest is the body.
    package static func violation(input: [UInt8]) -> String? {
        guard input.count >= 2 else { return nil }
        let targets = ["/puppet/v3/catalog/a?environment=q", "/puppet/v3/catalog/a", "/production/catalog/a", "/puppet/v4/catalog"]
        let target = Array(targets[Int(input[0] & 3)].utf8)
        let body = ArrivingBody(Array(input.dropFirst(2)))
        var request = PuppetRequest()
        let whole = body.classified(target: target, reusing: &request)
        if body.classified(target: target, reusing: &request) != whole { return "a reused request differs" }
        for pieces in [cuts(seed: input[1], body.bytes.count), Array(repeating: 1, count: min(body.bytes.count, 4096))] {
            if body.classified(target: target, pieces: pieces, reusing: &request) != whole { return "pieces \(pieces) change the result" }
        }
        let limit = body.bytes.count * Int(input[1]) / 256
        let cut = body.classified(target: target, limit: limit, reusing: &request)
        if body.classified(target: target, pieces: [limit / 2], limit: limit, reusing: &request) != cut { return "pieces change a cut" }
        if whole.problem != nil, !whole.environment.isEmpty { return "an environment although it is ambiguous" }
        if !whole.environment.allSatisfy(ASCII.isWord) { return "an environment that is no word" }
        return input[0] & 3 < 2 ? formViolation(body.bytes, whole, query: input[0] & 3 == 0 ? "q" : nil) : nil
    }

    /// Compares with ring's form-decode, written again in the plainest way.
    private static func formViolation(_ body: [UInt8], _ found: ClassifiedRequest, query: String?) -> String? {
        var values: [[UInt8]?] = []
        var hasBrokenName = false
        for pair in body.split(separator: 0x26) {
            let parts = pair.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]) else {
                hasBrokenName = true
                continue
            }
            if name.elementsEqual("environment".utf8) { values.append(parts.count == 2 ? decoded(parts[1]) : []) }
        }
        let words = values.compactMap { $0 }.filter { !$0.isEmpty && $0.count <= 255 && $0.allSatisfy(ASCII.isWord) }
        let isPlain = !hasBrokenName && values.count <= 1 && words.count == values.count
        if isPlain != (found.problem == nil) { return "ring's reading is \(isPlain ? "plain" : "ambiguous"), ours is not" }
        guard isPlain else { return nil }
        return found.environment == words.first ?? Array((query ?? "").utf8) ? nil : "another environment than ring's"
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                output.append(byte == 0x2B ? 0x20 : byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(ASCII.hexValue), let low = rest.popFirst().flatMap(ASCII.hexValue) else { return nil }
            output.append(high << 4 | low)
        }
        return output
    }

    private static func cuts(seed: UInt8, _ count: Int) -> [Int] {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        var pieces: [Int] = []
        var sum = 0
        while sum < count, pieces.count < 4096 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            pieces.append(Int(state >> 60))
            sum += pieces[pieces.count - 1]
        }
        return pieces
    }
}
