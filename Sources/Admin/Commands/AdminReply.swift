/// The reply to one command: its text, and whether it was carried out. On the socket there is the text alone, as HAProxy has it; `ctl` asks
/// for the status as well (`_status`).
package struct AdminReply: Sendable, Equatable {
    package enum Status: String, Sendable {
        case done
        /// Nothing was done: a wrong word, no permission, or a question whose response is no.
        case refused
        /// It was begun and did not succeed.
        case failed
    }

    package var status: Status
    /// With its line end, where it has one; empty where there is nothing to report.
    package var text: String

    package init(_ status: Status, _ text: String) {
        self.status = status
        self.text = text
    }

    package static func done(_ text: String = "") -> AdminReply { AdminReply(.done, text) }
    package static func refused(_ text: String) -> AdminReply { AdminReply(.refused, text) }
}
