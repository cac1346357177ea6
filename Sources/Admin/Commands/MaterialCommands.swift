/// `show|set|commit|abort ssl cert|ca-file|crl-file`: the content of files is replaced at run time. `set` stages it, `commit` puts
/// it in place everywhere at once. HAProxy's texts (2.6), letter by letter; one transaction of each kind at a time.
enum MaterialCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult
    typealias Kind = CertificateReport.Kind

    static let all: [Command] = [Kind.certificate, .authority, .revocationList].flatMap(commands)

    private static func commands(_ kind: Kind) -> [Command] {
        let word = word(kind)
        return [
            Command(Signature("show ssl \(word)", [.optional([.value("file>|*<file")])], "\(noun(kind)) in use, or staged (*)")) {
                MaterialTexts.show($0, kind)
            },
            Command(Signature("set ssl \(word)", [.value("file")], "stage the payload (<<) as its new content", level: .admin)) {
                set($0, kind)
            },
            Command(Signature("commit ssl \(word)", [.value("file")], "use what is staged", level: .admin)) { commit($0, kind) },
            Command(Signature("abort ssl \(word)", [.value("file")], "discard what is staged", level: .admin)) { abort($0, kind) },
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
            return .refused("'set ssl \(word(kind)) expects a filename and \(wanted) as a payload\n")
        }
        let cannot = "Can't update \(file)!\n"
        guard input.host.materials(kind).contains(where: { $0.file == file }) else {
            let what =
                switch kind {
                case .certificate: "certificate"
                case .authority: "CA file"
                case .revocationList: "CRL file"
                }
            return .refused("Can't replace a \(what) which is not referenced by the configuration!\n" + cannot)
        }
        let known = input.host.transaction(kind)
        if let known, known.file != file { return .refused(other(known, file) + cannot) }
        let verb = known == nil ? "created" : "updated"
        return .ask(.stage(kind, file: file, pem: pem)) { finding in
            switch (finding, kind) {
            case (.outcome(.done), .certificate): .done("Transaction \(verb) for certificate \(file)!\n")
            case (.outcome(.done), .authority): .done("transaction \(verb) for CA \(file)!\n")
            case (.outcome(.done), .revocationList): .done("transaction \(verb) for CRL \(file)!\n")
            case (_, .certificate): .refused("unable to load certificate from file '\(file)'.\nCan't load the payload\n" + cannot)
            case (_, .authority), (_, .revocationList): .refused("Invalid payload\n" + cannot)
            }
        }
    }

    private static func commit(_ input: Input, _ kind: Kind) -> Result {
        guard let file = input.words.first else { return .refused("'commit ssl \(word(kind)) expects a filename\n") }
        let cannot = "Can't commit \(file)!\n"
        guard let known = input.host.transaction(kind) else { return .refused("No ongoing transaction! !\n" + cannot) }
        guard known.file == file else { return .refused(other(known, file) + cannot) }
        return .ask(.commit(kind, file: file)) { finding in
            switch finding {
            case .outcome(.refused(let reason)): .refused("\(reason)\n" + cannot)
            case .outcome(.done), .sessions, .reload, .takenOver, .drained: .done("Committing \(file).\nSuccess!\n")
            }
        }
    }

    private static func abort(_ input: Input, _ kind: Kind) -> Result {
        guard let file = input.words.first else { return .refused("'abort ssl \(word(kind))' expects a filename\n") }
        guard let known = input.host.transaction(kind) else { return .refused("No ongoing transaction!\n") }
        guard known.file == file else {
            return .refused("The ongoing transaction is about '\(known.file)' but you are trying to abort a transaction for '\(file)'\n")
        }
        return .perform([.abortTransaction(kind)], saying: "Transaction aborted for certificate '\(file)'!")
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
