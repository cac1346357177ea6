/// The response of `admin.http` to one request, without its HTTP framing, which is the Engine's.
package struct AdminAnswer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// Of the page's own style and script; nil: there are none.
    package var nonce: String?
    /// Fields besides those that every response has.
    package var fields: [(name: String, value: String)] = []
    /// What was changed and by whom: for the log and `show events`.
    package var events: [String] = []
    /// For the log.
    package var warning: String?

    package init(_ status: Int, _ text: String) { self.init(status, "text/plain; charset=utf-8", text) }

    package init(_ status: Int, _ contentType: String, _ text: String, nonce: String? = nil) {
        self.status = status
        self.contentType = contentType
        body = Array(text.utf8)
        self.nonce = nonce
    }

    static func page(_ status: Int, _ html: HTML, nonce: String) -> AdminAnswer {
        AdminAnswer(status, "text/html; charset=utf-8", html.text, nonce: nonce)
    }

    /// 303: to be fetched there, by GET.
    static func seeOther(_ place: String) -> AdminAnswer {
        var answer = AdminAnswer(303, "see \(place)\n")
        answer.fields = [("Location", place)]
        return answer
    }
}
