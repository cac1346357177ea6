import ArgumentParser
import ConfigFile
import Explain

/// Says for one request, without sending it, what it is taken for and where it would go: 0 for forward, 2 for refuse.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say for one request, without sending it, where it would go and why.",
        discussion: """
            Every server counts as usable, conditions on queues as not holding. Files that the configuration names need not exist.
            Exit code 0: it would be forwarded; 2: it would be refused.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: ArgumentHelp("The agent's address; without it no condition on the source holds.", valueName: "ip"))
    var source: String?

    @Option(name: .long, help: ArgumentHelp("As if a verified certificate of that name was presented.", valueName: "name"))
    var certname: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("An extension of that certificate, as pp_role=web; may be given more than once.", valueName: "key=value"))
    var trusted: [String] = []

    @Option(name: .long, help: ArgumentHelp("The listener where it comes in; without it no condition on one holds.", valueName: "name"))
    var listener: String?

    @Option(name: .long, help: ArgumentHelp("The name that the client sends as SNI.", valueName: "name"))
    var serverName: String?

    @Option(name: .long, help: ArgumentHelp("X-Puppet-Version, as 8.10.0.", valueName: "version"))
    var agentVersion: String?

    @Option(name: .long, help: ArgumentHelp("The request's content: a catalog's form or JSON.", valueName: "file"))
    var body: String?

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Argument(help: "As GET or POST.")
    var method: String

    @Argument(help: "Path and query, as '/puppet/v3/catalog/web1.example.org?environment=production'.")
    var target: String

    func run() throws {
        let question = try question()
        let result = options.load(checkFiles: false)
        guard let settings = result.settings else {
            for diagnostic in result.diagnostics { Output.error(diagnostic.description) }
            throw Exit.wrong
        }
        let explanation: Explanation
        do throws(QuestionError) {
            explanation = try Explanation(question, settings: settings)
        } catch {
            throw ValidationError(error.message)
        }
        Output.out(json ? explanation.json : explanation.text)
        if !explanation.isForward { throw Exit.no }
    }

    private func question() throws -> Question {
        var question = Question(
            method: method, target: target, certname: certname, listener: listener, serverName: serverName, agentVersion: agentVersion)
        if let source {
            question.source = .init(source)
            guard question.source != nil else { throw ValidationError("--source: \"\(source)\" is no address") }
        }
        question.trusted = try trusted.map { text in
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("--trusted: \"\(text)\" is not KEY=VALUE")
            }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
        if let body {
            do throws(FileAccess.Failure) {
                question.body = try FileAccess.read(body, limit: 64 << 20)
            } catch {
                throw ValidationError("--body: \(body) cannot be read: \(error.reason)")
            }
        }
        return question
    }
}
