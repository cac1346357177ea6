import StandIn
import TestKit
import Testing

/// A kind of request, what its client does, and how it must end whatever preceded it on the same worker.
struct PairKind: Sendable, CustomTestStringConvertible {
    let name: String
    /// Status, reason, termination state and retries of its access-log line.
    let end: String
    /// How many lines the access log gets, and how many requests the servers see.
    let lineCount: Int
    let serverCount: Int
    /// The exchange ends before its request was received: how much of it was read differs from time to time.
    let isReadInPart: Bool
    /// Describes the responses.
    let act: @Sendable (PairScene) throws -> [String]

    var testDescription: String { name }

    init(
        _ name: String, _ end: String, lines: Int = 1, servers: Int = 1, isReadInPart: Bool = false,
        _ act: @escaping @Sendable (PairScene) throws -> [String]
    ) {
        self.name = name
        self.end = end
        lineCount = lines
        serverCount = servers
        self.isReadInPart = isReadInPart
        self.act = act
    }

    /// One exchange.
    init(_ name: String, _ end: String, servers: Int = 1, _ text: String) {
        self.init(name, end, servers: servers) { try $0.exchange(text) }
    }

    private static let served = "200 – ---- 0"
    private static let large = String(repeating: "0123456789", count: PairScene.largeCount / 10)

    /// More than is held before a server is asked.
    private static let beginning = String(large.prefix(PairScene.bodyPrefix + 40_000))

    static let all: [PairKind] = responses + uploads + refusals + departures + failures

    private static let responses: [PairKind] = [
        PairKind("file", served, get("file", .text)),
        PairKind("large file", served, get("large", .largeText)),
        PairKind("chunked file", served, get("chunked", .chunked)),
        PairKind("file that ends with the connection", served, get("open-ended", .untilClose)),
        PairKind("HEAD", served, make("HEAD", "/puppet/v3/file_bucket_file/sha256/00//a?environment=production", .text)),
        PairKind("HTTP/1.0", served, get("old", .chunked).replacing("HTTP/1.1", with: "HTTP/1.0")),
        PairKind("not modified", "304 – ---- 0", get("unchanged", .empty304)),
        PairKind("interim response", served, get("interim", .interim)),
        PairKind("server's error", "500 – ---- 0", get("error", .error)),
        PairKind("busy server", "503 – ---- 0", get("busy", .busy)),
        PairKind("client that closes", served, get("closing", .text, fields: ["Connection: close"])),
        PairKind("pipelined", served, lines: 2, servers: 2) { try $0.exchange(get("one", .text) + get("two", .text), responses: 2) },
    ]

    private static let uploads: [PairKind] = [
        PairKind("catalog", served, catalog(.text)),
        PairKind("catalog whose body names the environment", served, catalog(.text, query: "", body: "environment=production&facts=x")),
        PairKind("large catalog", served, catalog(.text, body: "facts=" + large)),
        PairKind("chunked catalog", served) { scene in
            try scene.exchange(
                make("POST", "/puppet/v3/catalog/agent.test", .text, fields: [form, "Transfer-Encoding: chunked"])
                    + chunks("environment=production", "&facts=x"))
        },
        PairKind("report", served, report(.text, body: "{}")),
        PairKind("chunked report", served) { scene in
            try scene.exchange(report(.text, fields: ["Transfer-Encoding: chunked"]) + chunks("{", String(large.prefix(100_000)), "}"))
        },
        PairKind("report that expects 100", served) {
            try upload($0, report(.goOn, fields: ["Expect: 100-continue", "Content-Length: 2"]), "{}")
        },
        PairKind("catalog that expects 100", served) { scene in
            let body = "environment=production&facts=x"
            let fields = [form, "Expect: 100-continue", "Content-Length: \(body.utf8.count)"]
            return try upload(scene, make("POST", "/puppet/v3/catalog/agent.test", .text, fields: fields), body)
        },
        PairKind("response before the upload's end", served, isReadInPart: true) { scene in
            try scene.exchange(report(.early, fields: ["Content-Length: \(PairScene.largeCount)"]) + beginning)
        },
        PairKind("refusal before the upload's end", "413 – ---- 0", isReadInPart: true) { scene in
            try scene.exchange(report(.refuseEarly, fields: ["Content-Length: \(PairScene.largeCount)"]) + beginning)
        },
    ]

    private static let refusals: [PairKind] = [
        PairKind(
            "another's catalog", "403 wrong_certname PR-- 0", servers: 0,
            make("GET", "/puppet/v3/catalog/other.test?environment=production", .text)),
        PairKind(
            "no route", "404 no_route PR-- 0", servers: 0, make("GET", "/puppet/v3/file_metadata/modules/m/a?environment=nowhere", .text)),
        PairKind("bad request", "400 bad_request PR-- 0", servers: 0, make("GET", "/puppet/v3/file_metadata/modules%2Fm/a", .text)),
        PairKind("status path", served, servers: 0) { try $0.exchange(Requests.get("/alive")) },
    ]

    private static let departures: [PairKind] = [
        PairKind("client that leaves early in its upload", "– client_gone CD-- 0", servers: 0) { scene in
            try scene.send(report(.text, fields: ["Content-Length: 1000"]) + "begin")
            try scene.awaitWorker()
            try scene.leave()
            return []
        },
        PairKind("client that leaves in its upload", "– client_gone CH-- 0") { scene in
            try scene.send(report(.text, fields: ["Content-Length: \(PairScene.largeCount)"]) + beginning)
            try scene.awaitWorker()
            try scene.leave()
            return []
        },
        PairKind("client that leaves in the response", "200 client_gone CD-- 0") { scene in
            try scene.send(get("stalling", .stallInResponse))
            let head = try scene.connection().readHead()
            try scene.leave()
            return [head?.startLine ?? "no head"]
        },
        PairKind("client that leaves the queue", "– client_gone CQ-- 0", lines: 2) { scene in
            scene.servers.gate.close()
            defer { scene.servers.gate.open() }
            let holder = try scene.another()
            try holder.send(make("GET", "/puppet/v3/file_metadata/modules/m/holder?environment=narrow", .hold))
            _ = waitUntil { scene.servers.gate.waitingCount == 1 }
            try scene.send(make("GET", "/puppet/v3/file_metadata/modules/m/leaver?environment=narrow", .text))
            try scene.awaitWorker()
            try scene.leave()
            scene.awaitLine()
            scene.servers.gate.open()
            defer { holder.close() }
            return [try holder.readResponse()?.text ?? "no response"]
        },
    ]

    private static let failures: [PairKind] = [
        PairKind("catalog that moves on", "200 – ---- 1", servers: 2, catalog(.resetAtFirst, query: "?environment=twins", body: "facts=x")),
        PairKind(
            "file that moves on", "200 – ---- 1", servers: 2,
            make("GET", "/puppet/v3/file_metadata/modules/m/a?environment=twins", .resetAtFirst)),
        PairKind(
            "large catalog that cannot move on", "502 bad_response SH-- 0",
            catalog(.resetAtFirst, query: "?environment=twins", body: "facts=" + large)),
        PairKind(
            "report that may not move on", "502 bad_response SH-- 0",
            make("PUT", "/puppet/v3/report/agent.test?environment=twins", .resetAtFirst, body: "{}")),
        PairKind("server that breaks off", "200 cut SD-- 0", get("broken", .resetInResponse)),
    ]

    // MARK: Requests

    private static let form = "Content-Type: application/x-www-form-urlencoded"

    private static func make(_ method: String, _ target: String, _ act: PairServers.Act, fields: [String] = [], body: String? = nil)
        -> String
    {
        Requests.make(method, target, fields: ["X-Act: \(act.rawValue)"] + fields, body: body)
    }

    private static func get(_ file: String, _ act: PairServers.Act, fields: [String] = []) -> String {
        make("GET", "/puppet/v3/file_metadata/modules/m/\(file)?environment=production", act, fields: fields)
    }

    private static func catalog(_ act: PairServers.Act, query: String = "?environment=production", body: String = "facts=x") -> String {
        make("POST", "/puppet/v3/catalog/agent.test\(query)", act, fields: [form], body: body)
    }

    private static func report(_ act: PairServers.Act, fields: [String] = [], body: String? = nil) -> String {
        make("PUT", "/puppet/v3/report/agent.test?environment=production", act, fields: fields, body: body)
    }

    private static func chunks(_ pieces: String...) -> String {
        pieces.map { String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n" }.joined() + "0\r\n\r\n"
    }

    /// Head, 100, body.
    private static func upload(_ scene: PairScene, _ head: String, _ body: String) throws -> [String] {
        try scene.send(head)
        let interim = try scene.connection().readHead()
        try scene.send(body)
        return [interim?.startLine ?? "no head", try scene.read()]
    }
}
