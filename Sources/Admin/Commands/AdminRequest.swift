/// One request to `admin.http`, as far as the response depends on it. Fields are nil where they are missing.
package struct AdminRequest: Sendable {
    package enum Method: Sendable { case get, head, post, other }

    package var method = Method.get
    package var target: AdminTarget
    /// The peer's address, without its port.
    package var source = ""
    /// Of the verified client certificate.
    package var certname: String?
    /// Empty in HTTP/1.0 without it.
    package var host = ""
    package var origin: String?
    /// Sec-Fetch-Site.
    package var fetchSite: String?
    package var authorization: String?
    package var cookie: String?
    package var accept: String?
    /// A POST's content.
    package var form = FormText("")

    package init(target: AdminTarget) { self.target = target }

    var isRead: Bool { method == .get || method == .head }

    /// Browsers send a form's origin; scripts do not.
    var isFromBrowser: Bool { origin != nil || fetchSite != nil }

    /// Whether another site's page may have sent it: its origin is not this host.
    var isFromElsewhere: Bool {
        if let fetchSite, fetchSite != "same-origin" { return true }
        guard let origin else { return false }
        guard let sign = origin.firstRange(of: "://") else { return true }
        return origin[sign.upperBound...].lowercased() != host.lowercased()
    }

    /// Whether Host is an address or `localhost`: no name that another site's owner could point at this host (DNS rebinding).
    var namesThisHost: Bool {
        if host.isEmpty { return true }
        let isBracketed = host.hasPrefix("[")
        let name = isBracketed ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        return isBracketed || name.allSatisfy { $0.isNumber || $0 == "." } || name.lowercased() == "localhost"
            || name.lowercased().hasSuffix(".localhost")
    }

    /// A cookie's value; the first of that name.
    func cookie(_ name: String) -> String? {
        for part in (cookie ?? "").split(separator: ";") {
            let sides = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2, sides[0] == name { return String(sides[1]) }
        }
        return nil
    }

    /// What follows a scheme's name in Authorization.
    func credentials(_ scheme: String) -> Substring? {
        guard let words = authorization?.split(separator: " ", maxSplits: 1), words.count == 2 else { return nil }
        return words[0].lowercased() == scheme ? words[1].drop { $0 == " " } : nil
    }
}
