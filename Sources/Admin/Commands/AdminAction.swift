import Balancing
import Settings

/// A change that a command or the page requests; the Engine carries it out and reports the outcome.
package enum AdminAction: Sendable, Equatable {
    case setState(ServerName, AdminState)
    /// HAProxy's `set server health up|stopping|down`: as if checks had reported it, until they report otherwise.
    case setHealth(ServerName, isUp: Bool)
    /// As if the server's agent had reported it.
    case setAgentHealth(ServerName, isUp: Bool)
    case setWeight(ServerName, WeightChange)
    case setMaxconn(ServerName, Int)
    /// `HOST` and port; nil: unchanged.
    case setAddress(ServerName, host: String, port: UInt16?)
    case setChecks(ServerName, isEnabled: Bool)
    case setAgentChecks(ServerName, isEnabled: Bool)
    case setProcessMaxconn(Int)
    /// Of a listener, by name; false: it refuses new connections, and what is connected goes on.
    case setFrontend(String, isOpen: Bool)
    /// For good: until the service is restarted, or the listener gets another address.
    case shutdownFrontend(String)
    /// Connections of a listener; 0: no limit of its own.
    case setFrontendMaxconn(String, Int)
    /// Closes what is connected to it: its requests fail or are repeated as if it had.
    case shutdownSessions(ServerName)
    case addServer(ServerName, address: String, options: [String: String])
    case removeServer(ServerName)
    /// Maxima; all: counters as well.
    case clearCounters(all: Bool)
    case setStick(pool: String, key: String, server: String)
    /// nil: all.
    case clearSticks(pool: String, key: String?)
    /// Discards what is staged for `commit ssl`.
    case abortTransaction(CertificateReport.Kind)
    case setAnycast(AnycastOverride)
    case drain

    package struct ServerName: Sendable, Hashable {
        package var pool: String
        package var server: String
        package init(pool: String, server: String) {
            self.pool = pool
            self.server = server
        }
    }

    package enum WeightChange: Sendable, Equatable {
        /// 0 to 256.
        case absolute(Int)
        /// Of the configured weight.
        case percent(Int)
    }
}

package enum AdminOutcome: Sendable, Equatable {
    case done
    /// An exact text of HAProxy's where it has one.
    case refused(String)
}
