import TestKit

/// One request at one misbehaving server in one situation. It has a pool of its own, so that nothing of another cell counts in it, and
/// the misbehaving server, the first in the file, is asked first.
struct FaultMatrixCell: Sendable, CustomStringConvertible {
    let number: Int
    let behaviour: Misbehaviour
    let request: FaultMatrixRequest
    let situation: FaultMatrixTable.Situation
    let isTLS: Bool

    /// The name of its pool and of its environment.
    var environment: String { "cell\(number)" }

    var description: String { "\(behaviour.words), \(request), \(situation)\(isTLS ? ", in TLS" : "")" }

    /// Every request at every server; in TLS the first request of each kind.
    static func all(_ requests: [FaultMatrixRequest]) -> [FaultMatrixCell] {
        let firsts = FaultMatrixRequest.Kind.allCases.compactMap { kind in requests.first { $0.kind == kind } }
        var cells: [FaultMatrixCell] = []
        // The servers that make a request wait for its timeout are far from each other, so that few wait at a time.
        for (request, isTLS) in requests.map({ ($0, false) }) + firsts.map({ ($0, true) }) {
            for behaviour in Misbehaviour.allCases {
                for situation in FaultMatrixTable.Situation.allCases {
                    cells.append(
                        FaultMatrixCell(number: cells.count, behaviour: behaviour, request: request, situation: situation, isTLS: isTLS))
                }
            }
        }
        return cells
    }

    /// How often the pool is used before, so that the request meets a connection that has served another: once for every server.
    var rehearsals: Int {
        guard behaviour == .closesOnReuse else { return 0 }
        return situation == .alone ? 1 : 2
    }

    /// The pool's settings besides its servers.
    var poolLines: [String] {
        var lines: [String] = []
        if isTLS { lines.append("tls: { ca: ca.pem, crl: crl.pem, verify: ca }") }
        switch behaviour {
        case .acceptsAndNeverAnswers, .acceptsAndNeverReads, .readsAndNeverAnswers, .stallsInHead, .stallsAfterHead, .stallsInBody:
            lines.append("timeouts: { connect: 2s, response: 2s }")
        case .closesOnReuse: lines.append("timeouts: { idle: 20s }")
        default: break
        }
        return lines
    }
}
