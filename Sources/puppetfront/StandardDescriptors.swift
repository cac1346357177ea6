import Glibc

/// Standard input, output and error, whatever the process was started with.
enum StandardDescriptors {
    /// Gives each that is closed a descriptor that cannot be written to: else the next file or connection would get its number, and an
    /// agent what was meant for a log. To be called before anything is opened.
    static func holdClosed() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is the one that is closed.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
