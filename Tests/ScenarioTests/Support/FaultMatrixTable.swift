import Foundation
import TestKit

/// The content of docs/faults.md: the requests, and their results at each misbehaving server.
///
/// Its tables are recognized by the first cell of their header line; every line of them must be understood.
struct FaultMatrixTable: Sendable {
    enum Situation: String, Sendable, CaseIterable { case alone, beside }

    struct Row: Sendable {
        let behaviour: Misbehaviour
        let kinds: [FaultMatrixRequest.Kind]
        let alone: FaultMatrixOutcome
        let beside: FaultMatrixOutcome

        func outcome(_ situation: Situation) -> FaultMatrixOutcome { situation == .alone ? alone : beside }
    }

    struct Mistake: Error, CustomStringConvertible {
        let line: String
        var description: String { "docs/faults.md: not understood: \(line)" }
    }

    private(set) var requests: [FaultMatrixRequest] = []
    private(set) var rows: [Row] = []
    /// Where it is different when agent and server speak TLS.
    private(set) var tlsRows: [Row] = []

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/faults.md")
        var header = ""
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                header = ""
                continue
            }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if header.isEmpty {
                header = cells[0]
            } else if !cells[0].hasPrefix("---") {
                guard take(cells, header) else { throw Mistake(line: String(line)) }
            }
        }
    }

    /// The rows with the result of such a request: one, in a correct table.
    func rows(_ behaviour: Misbehaviour, _ kind: FaultMatrixRequest.Kind, isTLS: Bool) -> [Row] {
        let found = (isTLS ? tlsRows : rows).filter { $0.behaviour == behaviour && $0.kinds.contains(kind) }
        return isTLS && found.isEmpty ? rows(behaviour, kind, isTLS: false) : found
    }

    private mutating func take(_ cells: [String], _ header: String) -> Bool {
        switch header {
        case "method":
            guard cells.count == 4, let kind = FaultMatrixRequest.Kind(rawValue: cells[3]) else { return false }
            requests.append(FaultMatrixRequest(method: cells[0], target: cells[1], endpoint: cells[2], kind: kind))
            return true
        case "the server":
            guard let row = row(cells) else { return false }
            rows.append(row)
            return true
        case "the server, in TLS":
            guard let row = row(cells) else { return false }
            tlsRows.append(row)
            return true
        default: return false
        }
    }

    private func row(_ cells: [String]) -> Row? {
        guard cells.count == 10, let behaviour = Misbehaviour.allCases.first(where: { $0.words == cells[0] }) else { return nil }
        let names = cells[1].split(separator: ", ").map(String.init)
        let kinds = cells[1] == "all" ? FaultMatrixRequest.Kind.allCases : names.compactMap { FaultMatrixRequest.Kind(rawValue: $0) }
        guard cells[1] == "all" || kinds.count == names.count else { return nil }
        return Row(behaviour: behaviour, kinds: kinds, alone: outcome(cells[2..<6]), beside: outcome(cells[6..<10]))
    }

    private func outcome(_ cells: ArraySlice<String>) -> FaultMatrixOutcome {
        let words = Array(cells)
        return FaultMatrixOutcome(agent: words[0], reason: words[1], state: words[2], retries: words[3])
    }
}

extension Misbehaviour {
    /// The case's name as words: `answers503WithRetryAfter` is "answers 503 with retry after".
    var words: String {
        var result = ""
        for letter in rawValue {
            if letter.isUppercase || letter.isNumber && result.last?.isNumber != true { result.append(" ") }
            result += letter.lowercased()
        }
        return result
    }
}
