import Testing

extension RealPuppet {
    @Test("A real Puppet Server's count of its JRubies is read, over TLS and plain")
    func readsJRubies() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            for server in ["compilers/compiler1", "development/compiler1-plain"] {
                let line = try await waitUntil("what \(server) says of its JRubies", within: .seconds(20)) {
                    front.messages.first { $0.contains("JRubies of server \(server) are ") }
                }
                #expect(line.contains("are known: "), "\(line)")
                #expect(line.contains(" of 1 free, "), "\(line)")
            }
        }
    }
}
