/// What is reported to operators of a CRL.
package struct RevocationListDetails: Sendable {
    package struct Entry: Sendable {
        /// Upper-case hexadecimal.
        package var serial: String
        /// Seconds since 1970.
        package var date: Int64

        package init(serial: String, date: Int64) {
            self.serial = serial
            self.date = date
        }
    }

    package var version = 2
    package var algorithm = ""
    /// Such as `/CN=Puppet CA`.
    package var issuer = ""
    /// Seconds since 1970; nil: it does not say.
    package var lastUpdate: Int64?
    package var nextUpdate: Int64?
    /// The first of them.
    package var revoked: [Entry] = []
    package var revokedCount = 0

    package init() {}
}
