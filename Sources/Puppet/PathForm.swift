/// Which of Puppet's ways to write a path it was.
package enum PathForm: Sendable {
    /// `/puppet/v3/…`, `/puppet-ca/v1/…`: Puppet 4 and later.
    case current
    /// `/puppet/v4/catalog`.
    case v4
    /// `/ENVIRONMENT/catalog/…` and the like: Puppet 3.
    case puppet3
    /// Everything else, such as `/status/v1/simple`.
    case other
}
