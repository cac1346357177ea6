import LoadKit

/// The requests of a workload as bytes, made once; every connection sends them from the first on, in a loop.
struct RequestScript {
    private let entries: [WorkloadEntry]
    private let requests: [UnsafeRawBufferPointer]

    init(_ workload: Workload) {
        entries = workload.entries
        requests = workload.entries.map { entry in
            let bytes = entry.requestBytes()
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyBytes(from: bytes)
            return UnsafeRawBufferPointer(memory)
        }
    }

    func request(_ number: Int) -> UnsafeRawBufferPointer { requests[number % requests.count] }
    func entry(_ number: Int) -> WorkloadEntry { entries[number % entries.count] }
}
