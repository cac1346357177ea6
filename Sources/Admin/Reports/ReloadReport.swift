/// How a reload ended.
package struct ReloadReport: Sendable, Equatable {
    /// Seconds since 1970.
    package var time: Int64 = 0
    /// Files that changed on disk caused it, not an operator.
    package var isAutomatic = false
    package var isDone = false
    /// Of the configuration in force after it.
    package var generation = 0
    /// Every mistake of a refused one; warnings of one that was done.
    package var lines: [String] = []

    package init() {}
}
