import CLinux

/// A file in memory: a way to hand bytes of any number to another process, which reads them without anybody feeding it.
package enum MemoryFile {
    /// - Parameter name: for who looks at the process's descriptors
    package static func make(_ name: String, _ content: [UInt8]) throws(SystemError) -> FileDescriptor {
        let number = pf_memory_file(name)
        guard number >= 0 else { throw SystemError("memfd_create") }
        let file = FileDescriptor(owning: number)
        try FileContent.write(content, to: file)
        guard lseek(number, 0, SEEK_SET) == 0 else { throw SystemError("lseek") }
        return file
    }
}
