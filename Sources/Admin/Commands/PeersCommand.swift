import Model
import Peers

/// `show peers [dict] [SECTION]`, in HAProxy 2.6's text. Numbers that there are pointers in HAProxy count from 1 here; flags, and what only
/// HAProxy's insides have, are 0.
enum PeersCommand {
    static let all: [AdminCommands.Command] = [
        AdminCommands.Command(
            AdminCommands.Signature(
                "show peers", [.optional([.value("dict|section"), .optional([.value("section")])])],
                "who shares sticks, and how far they are"), show)
    ]

    @Sendable private static func show(_ input: AdminCommands.CommandInput) -> AdminCommands.CommandResult {
        var words = input.words[...]
        let showsNames = words.first == "dict"
        if showsNames { words = words.dropFirst() }
        var sections = input.host.report().peers
        if let name = words.first {
            sections = sections.filter { $0.name == name }
            if sections.isEmpty { return .refused("No such peers\n") }
        }
        let now = input.host.report().process.now
        var text = ""
        for (number, section) in sections.enumerated() {
            text += "0x\(String(number + 1, radix: 16)): [\(date(now))] id=\(section.name) disabled=0 flags=0x0 "
            text += "resync_timeout=\(section.isUpToDate ? "<PAST>" : "<NEVER>") task_calls=0\n"
            for (index, member) in section.members.enumerated() { append(member, index + 2, section, showsNames, &text) }
            appendLocal(section, &text)
            text += "\n"
        }
        return .text(text)
    }

    private static func append(_ member: PeerReport, _ number: Int, _ section: PeersReport, _ showsNames: Bool, _ text: inout String) {
        func time(_ seconds: Int64?) -> String { seconds.map { duration($0) } ?? "<NEVER>" }
        text += "  0x\(String(number, radix: 16)): id=\(member.name)(remote,\(member.isConnected ? "active" : "inactive")) "
        text += "addr=\(member.address) last_status=\(member.lastStatus) last_hdshk=\(time(member.sinceHandshake))\n"
        text += "        reconnect=\(time(member.untilCall)) heartbeat=\(member.isConnected ? "3s" : "<NEVER>") "
        text += "confirm=\(member.counters.confirmations) tx_hbt=\(member.counters.heartbeatsSent) "
        text += "rx_hbt=\(member.counters.heartbeatsReceived) no_hbt=\(member.silences) new_conn=\(member.connections) "
        text += "proto_err=\(member.protocolErrors) coll=\(member.collisions)\n        flags=0x0"
        if member.isConnected { text += " appctx:0x\(String(number, radix: 16)) st0=7 st1=0 task_calls=0 state=EST" }
        text += "\n"
        if let table = member.tables.last(where: { $0.remoteID > 0 }) {
            let numbers = "0x\(table.localID) id=\(table.name) local_id=\(table.localID) remote_id=\(table.remoteID)"
            text += "        remote_table:\(numbers)\n        last_local_table:\(numbers)\n"
        }
        text += "        shared tables:\n"
        for table in member.tables {
            let update = section.tables.first { $0.name == table.name }?.update ?? 0
            text += "          0x\(table.localID) local_id=\(table.localID) remote_id=\(table.remoteID) flags=0x0 "
            text += "remote_data=0x\(String(table.remoteData, radix: 16))\n"
            text += "              last_acked=\(table.lastAcknowledged) last_pushed=\(table.lastPushed) last_get=\(table.lastReceived) "
            text += "teaching_origin=0 update=\(table.update)\n"
            text += "              table:0x\(table.localID) id=\(table.name) update=\(update) localupdate=\(update) "
            text += "commitupdate=\(update) refcnt=1\n"
            if showsNames { appendNames(member, &text) } else { text += "        Dictionary cache not dumped (use \"show peers dict\")\n" }
        }
    }

    private static func appendNames(_ member: PeerReport, _ text: inout String) {
        text += "        TX dictionary cache:"
        for (count, server) in member.sentServers.sorted(by: { $0.number < $1.number }).enumerated() {
            text += count % 4 == 0 ? "\n        " : ""
            text += "  \(padded(server.number)) -> \(name(server.name))"
        }
        text += "\n        RX dictionary cache:"
        for number in 1...128 {
            let known = member.receivedServers.indices.contains(number - 1) ? member.receivedServers[number - 1] : []
            text += number % 4 == 1 ? "\n        " : ""
            text += "  \(padded(number - 1)) -> \(name(known))"
        }
        text += "\n"
    }

    private static func appendLocal(_ section: PeersReport, _ text: inout String) {
        text += "  0x1: id=\(section.local)(local,inactive) addr=\(section.localAddress) last_status=NONE last_hdshk=<NEVER>\n"
        text += "        reconnect=<NEVER> heartbeat=<NEVER> confirm=0 tx_hbt=0 rx_hbt=0 no_hbt=0 new_conn=0 proto_err=0 coll=0\n"
        text += "        flags=0x0\n        shared tables:\n"
    }

    /// In UTC.
    private static func date(_ seconds: Int64) -> String {
        let date = CalendarDate(daysSince1970: seconds / 86_400)
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = seconds % 86_400
        let clock = "\(two(time / 3600)):\(two(time % 3600 / 60)):\(two(time % 60))"
        return "\(two(date.day))/\(names[Int(date.month) - 1])/\(date.year):\(clock)"
    }

    private static func name(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self).asWord }

    private static func padded(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, 3 - text.count)) + text
    }

    /// As HAProxy's human_time: the two largest units.
    private static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
        }
    }
}
