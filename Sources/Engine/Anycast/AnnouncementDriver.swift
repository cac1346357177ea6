import Settings

/// Brings a state to the routers by way of a routing daemon. On the control loop; no call blocks.
protocol AnnouncementDriver: AnyObject {
    /// For `show anycast`.
    var name: String { get }
    /// What the daemon has last shown to be true; nil: not known.
    var confirmed: AnycastState? { get }
    /// Why the state is not in force; nil: it is.
    var fault: String? { get }
    func want(_ state: AnycastState)
    /// Each second: looks whether the state is still in force, and asserts it again.
    func tick()
    /// Nothing is withdrawn by that: `AnnouncementGuard` does it where no instance continues.
    func close()
}
