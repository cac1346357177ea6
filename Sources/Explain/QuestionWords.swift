import Model

/// A question as words, as the command line and the runtime socket take it: `METHOD PATH [--certname NAME] [--source ADDRESS]
/// [--trusted KEY=VALUE]… [--listener NAME] [--server-name NAME] [--agent-version VERSION]`.
package enum QuestionWords {
    package struct Fault: Error, Sendable, Equatable {
        package let message: String
    }

    package static func question(_ words: [String]) throws(Fault) -> Question {
        var rest = words[...]
        var plain: [String] = []
        var question = Question(method: "", target: "")
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                plain.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let value = parts.count > 1 ? parts[1] : rest.popFirst()
            guard let value else { throw Fault(message: "\(parts[0]) needs a value") }
            switch parts[0] {
            case "--certname": question.certname = value
            case "--listener": question.listener = value
            case "--server-name": question.serverName = value
            case "--agent-version": question.agentVersion = value
            case "--source":
                guard let address = IPAddress(value) else { throw Fault(message: "--source: \"\(value)\" is no address") }
                question.source = address
            case "--trusted":
                guard let equals = value.firstIndex(of: "="), equals != value.startIndex else {
                    throw Fault(message: "--trusted: \"\(value)\" is not KEY=VALUE")
                }
                question.trusted.append((String(value[..<equals]), String(value[value.index(after: equals)...])))
            default: throw Fault(message: "unknown option \(parts[0])")
            }
        }
        guard plain.count == 2 else {
            throw Fault(message: "a method and a path are needed, as GET /puppet/v3/node/web1?environment=production")
        }
        question.method = plain[0]
        question.target = plain[1]
        return question
    }
}
