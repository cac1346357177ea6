/// `show|set|commit|abort ssl cert|ca-file|crl-file`: what stands in files is replaced while the process runs. `set` keeps it, `commit` puts
/// it in place everywhere at once. HAProxy's texts (2.6), letter by letter; one transaction of each kind at a time.
enum MaterialCommands {
    typealias Command = AdminCommands.Command
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult
    typealias Kind = CertificateReport.Kind

    static let all: [Command] = [Kind.certificate, .authority, .revocationList].flatMap(commands)

    private static func commands(_ kind: Kind) -> [Command] {
        let word = word(kind)
        func usage(_ text: String, _ what: String) -> String { text + String(repeating: " ", count: max(1, 40 - text.count)) + ": \(what)" }
        return [
            Command(words: ["show", "ssl", word], usage: usage("show ssl \(word) [[*]<file>]", "\(noun(kind)) in use, or staged (*)")) {
                MaterialTexts.show($0, kind)
            },
            Command(
                words: ["set", "ssl", word], usage: usage("set ssl \(word) <file> <payload>", "stage what shall stand in its place"),
                level: .admin
            ) {
                set($0, kind)
            },
            Command(words: ["commit", "ssl", word], usage: usage("commit ssl \(word) <file>", "use what is staged"), level: .admin) {
                commit($0, kind)
            },
            Command(words: ["abort", "ssl", word], usage: usage("abort ssl \(word) <file>", "forget what is staged"), level: .admin) {
                abort($0, kind)
            },
        ]
    }

    private static func set(_ input: Input, _ kind: Kind) -> Result {
        guard let file = input.words.first, let pem = input.payload else {
            let wanted =
                switch kind {
                case .certificate: "a certificate"
                case .authority: "CAs"
                case .revocationList: "CRLs"
                }
            return .text("'set ssl \(word(kind)) expects a filename and \(wanted) as a payload\n")
        }
        let cannot = "Can't update \(file)!\n"
        guard input.host.materials(kind).contains(where: { $0.file == file }) else {
            let what =
                switch kind {
                case .certificate: "certificate"
                case .authority: "CA file"
                case .revocationList: "CRL file"
                }
            return .text("Can't replace a \(what) which is not referenced by the configuration!\n" + cannot)
        }
        let known = input.host.transaction(kind)
        if let known, known.file != file { return .text(other(known, file) + cannot) }
        let verb = known == nil ? "created" : "updated"
        return .ask(.stage(kind, file: file, pem: pem)) { finding in
            switch (finding, kind) {
            case (.outcome(.done), .certificate): "Transaction \(verb) for certificate \(file)!\n"
            case (.outcome(.done), .authority): "transaction \(verb) for CA \(file)!\n"
            case (.outcome(.done), .revocationList): "transaction \(verb) for CRL \(file)!\n"
            case (_, .certificate): "unable to load certificate from file '\(file)'.\nCan't load the payload\n" + cannot
            case (_, .authority), (_, .revocationList): "Invalid payload\n" + cannot
            }
        }
    }

    private static func commit(_ input: Input, _ kind: Kind) -> Result {
        guard let file = input.words.first else { return .text("'commit ssl \(word(kind)) expects a filename\n") }
        let cannot = "Can't commit \(file)!\n"
        guard let known = input.host.transaction(kind) else { return .text("No ongoing transaction! !\n" + cannot) }
        guard known.file == file else { return .text(other(known, file) + cannot) }
        return .ask(.commit(kind, file: file)) { finding in
            switch finding {
            case .outcome(.refused(let reason)): "\(reason)\n" + cannot
            case .outcome(.done), .sessions, .reload, .takenOver: "Committing \(file).\nSuccess!\n"
            }
        }
    }

    private static func abort(_ input: Input, _ kind: Kind) -> Result {
        guard let file = input.words.first else { return .text("'abort ssl \(word(kind))' expects a filename\n") }
        guard let known = input.host.transaction(kind) else { return .text("No ongoing transaction!\n") }
        guard known.file == file else {
            return .text("The ongoing transaction is about '\(known.file)' but you are trying to abort a transaction for '\(file)'\n")
        }
        return .performSaying([.abortTransaction(kind)], "Transaction aborted for certificate '\(file)'!")
    }

    private static func other(_ known: MaterialReport, _ file: String) -> String {
        "The ongoing transaction is about '\(known.file)' but you are trying to set '\(file)'\n"
    }

    static func word(_ kind: Kind) -> String {
        switch kind {
        case .certificate: "cert"
        case .authority: "ca-file"
        case .revocationList: "crl-file"
        }
    }

    private static func noun(_ kind: Kind) -> String {
        switch kind {
        case .certificate: "certificates"
        case .authority: "authorities"
        case .revocationList: "revocation lists"
        }
    }
}
