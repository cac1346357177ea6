import CLinux
import Glibc
import LoadKit

// Sends load to one proxy over one port. Commands on standard input:
//   open N            opens connections until N are open, one request each
//   run N             N requests over the open connections, or over new ones with --requests-per-connection; with --resume 1 they resume
//                     the newest session
// After each command it prints the result, one line of JSON. Ends at the end of its input.

let arguments = Arguments(CommandLine.arguments.dropFirst())
guard let text = Workload.text(ofFile: arguments.required("workload")), let workload = try? Workload(text: text) else {
    fail(64, "the workload cannot be read")
}
let tickets = UnsafeMutablePointer<TicketJar>.allocate(capacity: 1)
tickets.initialize(to: TicketJar(keeps: arguments.number("resume", default: 0) == 1))
let context = arguments.one("key").map {
    TLSSetup.client(ca: arguments.required("ca"), certificate: arguments.required("certificate"), key: $0, tickets: tickets)
}
let generator = Generator(
    script: RequestScript(workload), port: UInt16(arguments.number("port", default: 0)), context: context,
    tickets: tickets, requestsPerConnection: arguments.number("requests-per-connection", default: 0))
let concurrency = arguments.number("connections", default: 16)
signal(SIGPIPE, SIG_IGN)

while let line = readLine() {
    let words = line.split(separator: " ")
    guard words.count == 2, let count = Int(words[1]) else { fail(64, "unknown command: \(line)") }
    var started = timespec()
    clock_gettime(CLOCK_MONOTONIC, &started)
    switch words[0] {
    case "open": generator.open(count)
    case "run": generator.run(count, concurrency: concurrency)
    default: fail(64, "unknown command: \(line)")
    }
    var ended = timespec()
    clock_gettime(CLOCK_MONOTONIC, &ended)
    let seconds = Double(ended.tv_sec - started.tv_sec) + Double(ended.tv_nsec - started.tv_nsec) / 1e9
    say(
        "{\"seconds\": \(seconds), \"open\": \(generator.open), \"opened\": \(generator.opened), "
            + "\"tickets\": \(tickets.pointee.count), \"resumed\": \(generator.resumed), \"agreed\": \"\(generator.agreed)\"}")
}
