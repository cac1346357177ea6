import Glibc
import LoadKit

// One of the herd's Puppet Servers: serves catalogs as CompileServer says until it is killed. Prints `ready` once it listens.

let arguments = Arguments(CommandLine.arguments.dropFirst())
guard let text = Workload.text(ofFile: arguments.required("workload")), let entry = try? Workload(text: text).entries.first else {
    fail(64, "the workload cannot be read")
}
signal(SIGPIPE, SIG_IGN)
let server = CompileServer(
    plainPort: UInt16(arguments.number("plain-port", default: 0)), tlsPort: UInt16(arguments.number("tls-port", default: 0)),
    context: TLSSetup.server(
        ca: arguments.required("ca"), certificate: arguments.required("certificate"), key: arguments.required("key")),
    slots: arguments.number("slots", default: 12),
    time: CompileTime(
        medianMilliseconds: arguments.number("median-ms", default: 2000), seed: arguments.number("seed", default: 1)),
    catalog: entry.responseBytes())
say("ready")
server.serve()
