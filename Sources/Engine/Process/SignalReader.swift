import CLinux
import Network

/// SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 as readiness of a descriptor. They must be blocked before any thread is made.
final class SignalReader: EventTarget {
    private let number: Int32
    private let received: (Int32) -> Void

    private static func set() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { sigaddset(&set, signal) }
        return set
    }

    static func block() {
        var set = set()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        pf_ignore_write_signals()
    }

    init(_ received: @escaping (Int32) -> Void) throws(SystemError) {
        var set = Self.set()
        number = signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard number >= 0 else { throw SystemError("signalfd") }
        self.received = received
    }

    deinit { _ = close(number) }

    var descriptor: Int32 { number }

    override func handle(_ events: ReadyEvents) {
        var info = signalfd_siginfo()
        while read(number, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            received(Int32(info.ssi_signo))
        }
    }
}
