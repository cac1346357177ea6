import CLinux
import Glibc
import LoadKit

// The herd: --agents connections to --port, all begun within --within-ms, with the certificates that --certificates lists, a line
// each: certname, file of the certificate, file of the key. Prints one line an agent, as HerdRecord says, and ends with the last.

let arguments = Arguments(CommandLine.arguments.dropFirst())
guard let text = Workload.text(ofFile: arguments.required("workload")), let entry = try? Workload(text: text).entries.first else {
    fail(64, "the workload cannot be read")
}
guard let list = Workload.text(ofFile: arguments.required("certificates")) else { fail(64, "the certificates cannot be read") }
let certificates = list.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
guard !certificates.isEmpty, certificates.allSatisfy({ $0.count == 3 }) else { fail(64, "a certificate has a name and two files") }

let tickets = UnsafeMutablePointer<TicketJar>.allocate(capacity: 1)
tickets.initialize(to: TicketJar(keeps: false))
let time = CompileTime(
    medianMilliseconds: arguments.number("median-ms", default: 2000), seed: arguments.number("seed", default: 1))
signal(SIGPIPE, SIG_IGN)
let herd = Herd(
    count: arguments.number("agents", default: 5000), port: UInt16(arguments.number("port", default: 0)),
    contexts: certificates.map { fields in
        TLSSetup.client(ca: arguments.required("ca"), certificate: fields[1], key: fields[2], tickets: tickets)
    },
    certnames: certificates.map { $0[0] }, entry: entry)
let start = secondsNow()
herd.run(
    within: Double(arguments.number("within-ms", default: 1000)) / 1000,
    patience: Herd.Patience(
        handshake: Double(arguments.number("handshake-patience", default: 120)),
        response: Double(arguments.number("response-patience", default: 600))))
for record in herd.records { say(record.line(since: start, compile: time.seconds(agent: record.number))) }
