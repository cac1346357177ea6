import Network

/// What a scripted side's deadlines are set on, and what the loop calls for it.
final class ScriptedTimer: EventTarget {
    var onDeadline: () -> Void = {}
    var onResume: () -> Void = {}

    override func deadlinePassed() { onDeadline() }
    override func resume() { onResume() }
}
