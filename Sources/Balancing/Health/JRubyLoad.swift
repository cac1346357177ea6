/// The JRubies of a Puppet Server, as it reports them: each compiles or serves one request at a time.
package struct JRubyLoad: Sendable, Equatable {
    /// How many there are, free or not; more than 0.
    package var jrubies: Int
    /// 0 to `jrubies`.
    package var free: Int
    /// Requests that wait for one now.
    package var waiting: Int

    package init(jrubies: Int, free: Int, waiting: Int) {
        self.jrubies = jrubies
        self.free = free
        self.waiting = waiting
    }
}
