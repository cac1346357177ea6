import Testing

extension RealPuppet {
    @Test("A server that gets its own name as SNI rejects what agents ask for, and its health check with it")
    func checksAsAgentsAsk() async throws {
        let lab = try Lab()
        let name = try lab.value("COMPILER1_NAME")
        // Its certificate has two names, and neither is the agents'.
        try await Front.run(lab, pools: ["compilers": "tls: { sni: \(name) }"]) { front in
            try await front.awaitHealth(of: "compilers/compiler1", isUp: false)
            let line = front.messages.first { $0.contains("Server compilers/compiler1 is DOWN") } ?? ""
            #expect(line.contains("reason: Layer7 wrong status, code: 400,"), "\(line)")
            // The only server of its pool is used although it is down, as `panic` has it.
            let own = try "/puppet/v3/node/\(lab.value("OPERATOR_CERTNAME"))?environment=production"
            let reply = try await front.ask(own, front.operatorCertificate)
            #expect(reply.status == 400 && reply.text.contains("Host does not match SNI"), "\(reply)")
        }
    }
}
