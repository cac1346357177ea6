/// One request of a workload and the response that belongs to it.
package struct WorkloadEntry: Sendable {
    package enum Framing: String, Sendable { case length, chunked }

    package let method: String
    package private(set) var target: String
    package let requestByteCount: Int
    package let status: Int
    package let responseByteCount: Int
    package let framing: Framing

    /// The six fields of a line; nil when there are more or fewer, or one of them cannot be read.
    init?(fields: [String]) {
        guard fields.count == 6, let requestByteCount = Int(fields[2]), let status = Int(fields[3]),
            let responseByteCount = Int(fields[4]), let framing = Framing(rawValue: fields[5]),
            requestByteCount >= 0, responseByteCount >= 0
        else { return nil }
        method = fields[0]
        target = fields[1]
        self.requestByteCount = requestByteCount
        self.status = status
        self.responseByteCount = responseByteCount
        self.framing = framing
    }

    /// The same request for another target.
    package func asking(_ target: String) -> WorkloadEntry {
        var copy = self
        copy.target = target
        return copy
    }

    /// The whole request as an agent sends it: the fields of agent 7.23, in its order, and a body of the length asked for.
    package func requestBytes() -> [UInt8] {
        let isCatalog = target.hasPrefix("/puppet/v3/catalog/")
        let accept = isCatalog ? "application/vnd.puppet.rich+json, application/json, text/pson" : "application/json, text/pson"
        var head = "\(method) \(target) HTTP/1.1\r\n"
        head += "X-Puppet-Version: 7.23.0\r\nUser-Agent: Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)\r\nAccept: \(accept)\r\n"
        if requestByteCount > 0 {
            head += "Content-Type: \(isCatalog ? "application/x-www-form-urlencoded" : "application/json")\r\n"
        }
        head += "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\nHost: puppet.bench.test:8140\r\n"
        if requestByteCount > 0 { head += "Content-Length: \(requestByteCount)\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (isCatalog ? catalogForm() : [UInt8](repeating: UInt8(ascii: "x"), count: requestByteCount))
    }

    /// The whole response as Puppet Server sends it. Chunks are of 32 KiB, Jetty's buffer.
    package func responseBytes() -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(status == 200 ? "OK" : "Other")\r\nDate: Sun, 22 Nov 2026 07:54:09 GMT\r\n"
        head += "Content-Type: application/json;charset=utf-8\r\nX-Puppet-Version: 7.23.0\r\nVary: Accept-Encoding, User-Agent\r\n"
        let body = [UInt8](repeating: UInt8(ascii: "y"), count: responseByteCount)
        switch framing {
        case .length:
            return Array((head + "Content-Length: \(responseByteCount)\r\n\r\n").utf8) + body
        case .chunked:
            var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
            for start in stride(from: 0, to: body.count, by: 32768) {
                let chunk = body[start..<min(start + 32768, body.count)]
                bytes += Array((String(chunk.count, radix: 16) + "\r\n").utf8) + chunk + Array("\r\n".utf8)
            }
            return bytes + Array("0\r\n\r\n".utf8)
        }
    }

    /// A catalog's form: facts, encoded twice, and only then the environment, so that a proxy that needs it reads them all.
    private func catalogForm() -> [UInt8] {
        let start = Array("facts_format=application%2Fjson&facts=%257B%2522".utf8)
        let end = Array(
            ("%2522%257D&environment=production&configured_environment=production&check_environment=true"
                + "&transaction_uuid=1d03726e-b05e-4dfd-ba11-cc8bc3603efa&job_uuid=&static_catalog=true"
                + "&checksum_type=sha256.sha256lite.md5.md5lite.sha1.sha1lite.sha512.sha384.sha224.mtime.ctime.none").utf8)
        let fact = Array("memorysize%2522%253A%25227.76%2520GiB%2522%252C%2522".utf8)
        var facts: [UInt8] = []
        let room = max(0, requestByteCount - start.count - end.count)
        while facts.count + fact.count <= room { facts += fact }
        facts += [UInt8](repeating: UInt8(ascii: "x"), count: room - facts.count)
        return start + facts + end
    }
}
