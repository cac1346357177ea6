/// The proxy as the demo needs it: started elsewhere, since stand-ins know nothing of the Engine.
package protocol DemoProxy: AnyObject {
    /// The port of the listener `agents`.
    var port: UInt16 { get }
    /// Where its statistics can be seen; nil where it has no such page.
    var statisticsAddress: String? { get }
    func stop()
}
