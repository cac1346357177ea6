import Foundation
import StandIn
import TestKit
import Testing

/// The same lines to Debian's HAProxy and to puppetfront, one after the other: the replies are the same, letter by letter.
struct AnswersAsHAProxyTests {
    @Test func commandsAreAnsweredInTheSameWords() throws {
        let twin = try HAProxyTwin()
        for line in Self.lines {
            let answers = try twin.ask(line)
            #expect(answers.puppetfront == answers.haproxy, "\(line)")
        }
    }

    private static let lines = [
        "disable frontend", "disable frontend nowhere", "enable frontend agents", "disable frontend spare", "disable frontend spare",
        "enable frontend spare", "shutdown frontend", "shutdown frontend nowhere", "shutdown frontend spare", "shutdown frontend spare",
        "enable frontend spare", "disable frontend spare",
        "set maxconn frontend", "set maxconn frontend agents", "set maxconn frontend nowhere 5", "set maxconn frontend agents -3",
        "set maxconn frontend agents 70", "shutdown session", "shutdown session x", "shutdown session 0x1", "show sess 0x1",
        "get weight compilers/s1", "set weight compilers/s1 7; get weight compilers/s1", "set weight compilers/s1 x",
        "set weight compilers/s9 5",
        "set weight compilers/s1 257", "set weight compilers/s1 50%; get weight compilers/s1", "set weight compilers/s1",
        "disable server compilers/s1", "enable server compilers/s1", "disable server nowhere/s1", "enable server s1",
        "set server compilers/s1 state asleep", "set server compilers/s1 health ill", "set server compilers/s1 agent up",
        "enable agent compilers/s1", "set server compilers/s1 addr", "set server compilers/s1 addr name.test",
        "set server compilers/s1 addr 192.0.2.9 port 9140", "set maxconn server compilers/s1", "set maxconn server compilers/s1 x",
        "shutdown sessions server compilers/s9", "show backend", "show servers state nowhere", "show table nowhere",
        "clear counters", "clear counters all", "show cli level", "user; show cli level; clear counters",
    ]

    @Test func certificatesAndListsAreShownStagedAndUsedInTheSameWords() throws {
        let twin = try HAProxyTwin()
        let path = twin.folder.path
        twin.authority.revoke(try twin.authority.issue("bad.test").certname)
        let list = try twin.authority.crlPEM()
        let files = try twin.authority.issue(CertificateProfile("new.test", names: ["new.test", "other.test"]))
            .write(to: path, as: "new")
        let (chain, key) = (try twin.folder.read("new.pem"), try String(contentsOfFile: files.key, encoding: .utf8))
        for (kind, file, contents) in [
            ("cert", "both.pem", ["nonsense\n", chain, chain + (try twin.folder.read("proxy.key")), chain + key]),
            ("ca-file", "ca.pem", ["nonsense\n", try twin.authority.caPEM()]), ("crl-file", "crl.pem", ["nonsense\n", list]),
        ] {
            let name = "\(path)/\(file)"
            var lines = [
                "show ssl \(kind) \(name)", "show ssl \(kind) nowhere", "set ssl \(kind)", "set ssl \(kind) nowhere <<\nx\n",
                "commit ssl \(kind) \(name)", "abort ssl \(kind)", "abort ssl \(kind) \(name)",
            ]
            for content in contents {
                lines += ["set ssl \(kind) \(name) <<\n\(content)", "show ssl \(kind) *\(name)", "commit ssl \(kind) \(name)"]
            }
            lines += [
                "show ssl \(kind) \(name)", "set ssl \(kind) \(name) <<\n\(contents.last ?? "")",
                "set ssl \(kind) \(name) <<\n\(contents.last ?? "")", "abort ssl \(kind) \(name)", "commit ssl \(kind) \(name)",
            ]
            for line in lines {
                let answers = try twin.ask(line)
                #expect(answers.puppetfront == answers.haproxy, "\(line.prefix(200))")
            }
        }
    }

    /// `F`, `B` or `S`, place, name, tags and type of each value that both report.
    @Test func valuesHaveTheSamePlacesAndTypes() throws {
        let twin = try HAProxyTwin()
        // HAProxy leaves out how long a check took while one is under way for the first time.
        #expect(waitUntil { (try? twin.ask("show stat typed").haproxy.contains("check_duration")) == true })
        let stat = try twin.ask("show stat typed")
        let (theirs, ours) = (Self.fields(stat.haproxy), Self.fields(stat.puppetfront))
        // HAProxy tags a backend's rates as gauges, and a frontend's and a server's as what they are.
        for (name, tags) in ours where theirs[name] != nil && name != "B rate" && name != "B rate_max" {
            #expect(theirs[name] == tags, "\(name)")
        }
        #expect(
            ours.count > 100 && Set(ours.keys).isSubset(of: Set(theirs.keys).union(Self.own)), "\(Set(ours.keys).subtracting(theirs.keys))")
        let header = try twin.ask("show stat")
        let columns = { (text: String) in text.prefix { $0 != "\n" }.split(separator: ",").prefix(100) }
        #expect(columns(header.puppetfront) == columns(header.haproxy))
        let info = try twin.ask("show info typed")
        let (theirInfo, ourInfo) = (Self.fields(info.haproxy), Self.fields(info.puppetfront))
        for (name, tags) in ourInfo where theirInfo[name] != nil { #expect(theirInfo[name]?.suffix(7) == tags.suffix(7), "\(name)") }
        #expect(ourInfo.count > 50 && ourInfo.keys.allSatisfy { theirInfo[$0] != nil || $0.hasSuffix(" description") }, "\(ourInfo.keys)")
    }

    /// What HAProxy reports only of other kinds of objects.
    private static let own: Set<String> = ["F addr", "F cli_abrt", "F srv_abrt", "S dreq", "B qlimit"]

    /// `F stot` → `7:MCP:u64`
    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 3)
            let words = parts[0].split(separator: ".")
            guard parts.count >= 3, words.count >= 3 else { continue }
            let isStat = words.count >= 6
            let name = isStat ? "\(words[0]) \(words[4])" : "I \(words[1])"
            fields[name] = "\(isStat ? words[3] : words[0]):\(parts[1]):\(parts[2])"
        }
        return fields
    }
}
