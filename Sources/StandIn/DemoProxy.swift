/// The proxy as the demo needs it: another target starts it, since stand-ins do not import the Engine.
package protocol DemoProxy: AnyObject {
    /// The port of the listener `agents`.
    var port: UInt16 { get }
    /// The address of its stats page; nil if it has none.
    var statisticsAddress: String? { get }
    func stop()
}
