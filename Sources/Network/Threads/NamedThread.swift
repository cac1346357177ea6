import CLinux

/// A plain thread that runs one function and may be joined once.
/// `@unchecked Sendable`: the handle is written before the thread is shared and read by `join` or `detach` alone.
package final class NamedThread: @unchecked Sendable {
    private var handle = pthread_t()

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Fails where the system has no memory for its stack, or allows no further thread.
    /// - Parameter name: as `ps -L` shows it, 15 bytes at most
    package init(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let code = pthread_create(
            &handle, nil,
            { argument in
                let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                pf_name_thread(String(body.name.prefix(15)))
                body.run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            body.release()
            throw SystemError("pthread_create", code: code)
        }
    }

    /// The thread will not be joined.
    package func detach() { pthread_detach(handle) }

    package func join() { pthread_join(handle, nil) }
}
