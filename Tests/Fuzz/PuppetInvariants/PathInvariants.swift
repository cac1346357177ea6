import Model
import Puppet

/// What must hold for every target whatsoever. Each returns what does not hold, nil where all does.
package enum PathInvariants {
    package static func violation(target: [UInt8]) -> String? {
        var fresh = PuppetRequest()
        let first = ClassifiedRequest(method: .get, target: target, reusing: &fresh)
        var used = PuppetRequest()
        _ = used.classify(method: .post, target: [UInt8]("/production/catalog/x;y?environment=production&transaction_uuid=1".utf8).span)
        guard ClassifiedRequest(method: .get, target: target, reusing: &used) == first else { return "a reused request differs" }
        if first.problem != nil, !first.environment.isEmpty { return "an environment although it is ambiguous" }
        guard first.problem == nil else { return nil }
        if let violation = valueViolation(first) { return violation }
        return target == [0x2A] ? nil : normalFormViolation(fresh.normalPath, target, first)
    }

    private static func valueViolation(_ found: ClassifiedRequest) -> String? {
        if found.environment.isEmpty != (found.environmentSource == nil) { return "an environment without source, or a source without" }
        if !found.environment.allSatisfy(ASCII.isWord) { return "an environment that is no word" }
        if found.environment.count > PuppetRequest.longestEnvironment { return "an environment that is too long" }
        if found.certname.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "a certname with control bytes" }
        if found.endpoint.rawValue.hasPrefix("ca_"), !found.isCA { return "a CA endpoint that is not the CA's" }
        return nil
    }

    /// The normal form has no segment to be resolved, and written as a target again it is the same request.
    private static func normalFormViolation(_ path: [UInt8], _ target: [UInt8], _ found: ClassifiedRequest) -> String? {
        let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        if path.first != 0x2F || segments.dropLast().contains(where: \.isEmpty) { return "a normal form with empty segments" }
        if segments.contains(where: { $0.elementsEqual([0x2E]) || $0.elementsEqual([0x2E, 0x2E]) }) { return "a relative segment is left" }
        var again: [UInt8] = []
        for byte in path {
            if byte == 0x2F || ASCII.isWord(byte) { again.append(byte) } else { again += encoded(byte) }
        }
        if let query = target.firstIndex(of: 0x3F) { again += target[query...] }
        var request = PuppetRequest()
        let second = ClassifiedRequest(method: .get, target: again, reusing: &request)
        if second != found { return "the normal form is another request" }
        return request.normalPath == path ? nil : "the normal form's normal form is another"
    }

    private static func encoded(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [0x25, digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
    }
}
