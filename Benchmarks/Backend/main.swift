import Glibc
import LoadKit

// The Puppet Server behind every proxy that is measured: responds to each target of the workloads given with --workload (once
// or more often), plain and over TLS, on ports of 127.0.0.1 that the kernel chooses and that the one line printed names.

let arguments = Arguments(CommandLine.arguments.dropFirst())
let workloads = arguments.all("workload").map { path in
    guard let text = Workload.text(ofFile: path), let workload = try? Workload(text: text) else { fail(64, "\(path) cannot be read") }
    return workload
}
let server = Server(
    responses: ResponseTable(workloads),
    context: TLSSetup.server(
        ca: arguments.required("ca"), certificate: arguments.required("certificate"), key: arguments.required("key")))
signal(SIGPIPE, SIG_IGN)
say("plain=\(server.plain.port) tls=\(server.secure.port)")
server.serve()
