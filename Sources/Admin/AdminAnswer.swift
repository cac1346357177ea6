/// What `admin.http` answers to one request: the Engine puts HTTP around it.
package struct AdminAnswer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// Of the page's own style and script; nil: there are none.
    package var nonce: String?

    package init(_ status: Int, _ text: String) { self.init(status, "text/plain; charset=utf-8", text) }

    package init(_ status: Int, _ contentType: String, _ text: String, nonce: String? = nil) {
        self.status = status
        self.contentType = contentType
        body = Array(text.utf8)
        self.nonce = nonce
    }
}
