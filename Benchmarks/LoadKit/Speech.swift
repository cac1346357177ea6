import Glibc

/// Prints one line, at once: the driver waits for it.
package func say(_ text: String) {
    put(text, STDOUT_FILENO)
}

/// Prints the reason to standard error and ends the process. A measurement with a single fault in it is worthless.
package func fail(_ code: Int32, _ reason: String) -> Never {
    put("error: \(reason)", STDERR_FILENO)
    exit(code)
}

private func put(_ text: String, _ descriptor: Int32) {
    let line = Array((text + "\n").utf8)
    _ = write(descriptor, line, line.count)
}
