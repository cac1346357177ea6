import Balancing
import Puppet

extension QueueClass {
    /// What takes seconds, what takes milliseconds, and what everything hangs on.
    package init(_ endpoint: PuppetEndpoint, isCA: Bool) {
        switch endpoint {
        case _ where isCA: self = .authority
        case .status, .metrics: self = .authority
        case .catalog, .compile: self = .compile
        default: self = .quick
        }
    }
}
