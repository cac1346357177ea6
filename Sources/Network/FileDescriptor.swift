import CLinux

/// Owns one descriptor; closes it when it goes.
package struct FileDescriptor: ~Copyable {
    package let number: Int32

    /// Takes over `number`, which must be open and have no other owner.
    package init(owning number: Int32) { self.number = number }

    deinit { _ = close(number) }

    /// Gives the descriptor away without closing it.
    package consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}

/// A failed system call: which one, and errno.
package struct SystemError: Error, Sendable, Equatable {
    package let call: String
    package let code: Int32

    package init(_ call: String, code: Int32 = pf_errno()) {
        self.call = call
        self.code = code
    }

    /// No code of errno: the path leads to a folder, pipe, socket or device.
    package static let notARegularFile: Int32 = -2

    package var description: String { "\(call): \(code == Self.notARegularFile ? "not a regular file" : String(cString: strerror(code)))" }
    package var isMissingFile: Bool { code == ENOENT }
    package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
}

package enum MonotonicClock {
    /// Nanoseconds of CLOCK_MONOTONIC.
    @inline(__always) package static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

}

package enum WallClock {
    /// How far local time is from UTC now.
    package static func localOffsetSeconds() -> Int64 {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int64(parts.tm_gmtoff)
    }

    /// Nanoseconds since 1970, for log lines.
    package static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

package enum ProcessLimits {
    /// Raises the soft limit of descriptors to the hard one; says how many there are then.
    @discardableResult
    package static func raiseDescriptors() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
