import CLinux

/// Lines to standard error, whole.
package enum Stderr {
    package static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = CLinux.write(2, bytes, bytes.count)
    }
}
