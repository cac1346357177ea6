import Foundation
import Testing

extension RealPuppet {
    @Test("A file goes into the server's bucket, path with // and all, and comes back whole")
    func keepsFilesInBucket() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "saver")
            _ = try await agent.join(front)
            let precious = front.folder.appendingPathComponent("precious")
            let text = "kept by \(agent.certname)\n" + String(repeating: "0123456789", count: 20_000)
            try text.write(to: precious, atomically: true, encoding: .utf8)

            let backup = try await agent.puppet(front, ["filebucket", "backup", precious.path, "--remote"])
            #expect(backup.exitCode == 0, "\(backup.output)")
            let words: [Substring] = backup.output.split(whereSeparator: \.isWhitespace)
            let sum = try #require(words.last { $0.count == 64 })
            let back = try await agent.puppet(front, ["filebucket", "get", String(sum), "--remote"])
            #expect(back.exitCode == 0)
            #expect(back.output.contains(text), "the file came back as it went")

            let upload = "/puppet/v3/file_bucket_file/sha256/\(sum)/\(precious.path)"
            let records = try await front.records { $0.endpoint == "file_bucket_file" && $0.method == "GET" }
            let put = try #require(records.first { $0.endpoint == "file_bucket_file" && $0.method == "PUT" })
            #expect(upload.contains("//"))
            #expect(put.target?.hasPrefix(upload) == true, "\(put.target ?? "") begins with \(upload)")
            #expect(put.status == 200 && put.pool == "compilers" && put.environment == "production")
        }
    }

    @Test("An agent that overwrites a file backs it up on the server first")
    func backsUpWhatItOverwrites() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "overwriter")
            _ = try await agent.join(front, ["--environment", "production"])
            let run = try await agent.run(front, ["--environment", "staging", "--tags", "lab"])
            #expect(run.exitCode == 2)
            #expect(run.output.contains("greeting to server with sum"), "\(run.output)")

            let records = try await front.records { $0.endpoint == "report" && $0.environment == "staging" }
            let uploads = records.filter { $0.endpoint == "file_bucket_file" && $0.method == "PUT" }
            #expect(uploads.contains { $0.target?.contains("/greeting?") == true })
            #expect(uploads.allSatisfy { $0.status == 200 && $0.pool == "development" })
        }
    }
}
