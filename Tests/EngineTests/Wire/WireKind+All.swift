/// The kinds that are played before and after each other.
extension WireKind {
    static let all: [WireKind] = responses + uploads + refusals + departures + failures

    private static let served = "200 – ---- 0"
    private static let large = String(repeating: "0123456789", count: 12_000)
    private static let beginning = String(large.prefix(WireScene.prefix + 3000))
    private static let file = ScriptedExchange.file
    private static let ok = WireWorker.ok

    private static func report(_ fields: String, _ content: String = "") -> String {
        "PUT /puppet/v3/report/a.test?environment=production HTTP/1.1\r\nHost: p\r\n\(fields)\r\n\r\n\(content)"
    }

    private static func catalog(_ content: String, environment: String = "?environment=production", fields: String = "") -> String {
        "POST /puppet/v3/catalog/a.test\(environment) HTTP/1.1\r\nHost: p\r\n\(fields)Content-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(content.utf8.count)\r\n\r\n\(content)"
    }

    private static func chunked(_ pieces: [String], trailers: String = "") -> String {
        pieces.map { String($0.utf8.count, radix: 16) + "\r\n\($0)\r\n" }.joined() + "0\r\n\(trailers)\r\n"
    }

    private static let responses: [WireKind] = [
        WireKind("file", served, file, ok),
        WireKind("CA's request", served, "GET /puppet-ca/v1/certificate/ca HTTP/1.1\r\nHost: p\r\n\r\n", ok),
        WireKind("overflow", served, file.replacing("production", with: "empty"), ok),
        WireKind("large file", served, file, "HTTP/1.1 200 OK\r\nContent-Length: \(large.utf8.count)\r\n\r\n\(large)"),
        WireKind(
            "chunked file", served, file,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(["hello", "world"], trailers: "X-T: v\r\n")),
        WireKind(
            "chunked file of HTTP/1.0", served, file.replacing("HTTP/1.1", with: "HTTP/1.0"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(["hello", "world"], trailers: "X-T: v\r\n")),
        WireKind("file that ends with the connection", served) { scene in
            scene.send(file)
            scene.respond("HTTP/1.1 200 OK\r\n\r\nhello")
            scene.dropIdle()
        },
        WireKind("HEAD", served, ScriptedExchange.head, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
        WireKind("no content", "204 – ---- 0", file, "HTTP/1.1 204 No Content\r\n\r\n"),
        WireKind("not modified", "304 – ---- 0", file, "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
        WireKind("interim responses", served, file, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok),
        WireKind(
            "server's error", "500 – ---- 0", file, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 16\r\n\r\nEvaluation Error"),
        WireKind(
            "busy server", "503 – ---- 0", file, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\nbusy"),
        WireKind("compiler's name", served, file, "HTTP/1.1 200 OK\r\nX-Puppet-Compiler-Name: c1\r\nContent-Length: 0\r\n\r\n"),
        WireKind("client that closes", served, file.replacing("Host: p", with: "Host: p\r\nConnection: close"), ok),
        WireKind("client that ends its direction", served) { scene in
            scene.send(file)
            scene.respond("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            scene.halfClose()
            scene.goOn("world")
        },
        WireKind("pipelined", served) { scene in
            scene.send(file + ScriptedExchange.head)
            scene.respond(ok)
            scene.respond("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        },
    ]

    private static let uploads: [WireKind] = [
        WireKind("catalog", served, catalog("facts=x"), ok),
        WireKind("catalog whose body names the environment", served, catalog("environment=production&facts=x", environment: ""), ok),
        WireKind(
            "chunked catalog", served,
            catalog("", environment: "").replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
                + chunked(["environment=production", "&facts=x"]), ok),
        WireKind("large catalog", served, catalog("facts=" + large), ok),
        WireKind("report", served, report("Content-Length: 2", "{}"), ok),
        WireKind("report without content", served, report("Content-Length: 0"), ok),
        WireKind(
            "chunked report", served, report("Transfer-Encoding: chunked", chunked(["{", beginning, "}"], trailers: "X-T: v\r\n")), ok),
        WireKind("report that expects 100", served) { scene in
            scene.send(report("Expect: 100-continue\r\nContent-Length: 2"))
            scene.see()
            scene.send("{}")
            scene.respond("HTTP/1.1 100 Continue\r\n\r\n" + ok)
        },
        WireKind("report of a client that expects 100 and does not wait", served) { scene in
            scene.send(report("Expect: 100-continue\r\nContent-Length: 2", "{}"))
            scene.respond(ok)
        },
        WireKind("response before the upload's end", served) { scene in
            scene.send(report("Content-Length: 100000", beginning))
            scene.respond(ok)
        },
        WireKind("refusal before the upload's end", "413 – ---- 0") { scene in
            scene.send(report("Content-Length: 100000", beginning))
            scene.respond("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        },
    ]

    private static let refusals: [WireKind] = [
        WireKind("bad request", "400 bad_request PR-- 0") { $0.send(file.replacing("modules/m", with: "modules%2Fm")) },
        WireKind("broken head", "400 bad_request PR-- 0") { $0.send("GET / HTTP/1.1\r\nno field\r\n\r\n") },
        WireKind("large head", "431 head_too_large PR-- 0") {
            $0.send("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 3000) + "\r\n\r\n")
        },
        WireKind("broken chunk", "400 bad_request PR-- 0") { $0.send(report("Transfer-Encoding: chunked", "zz\r\n")) },
        WireKind("broken chunk in the upload", "400 bad_request PR-- 0") { scene in
            scene.send(report("Transfer-Encoding: chunked", String(beginning.utf8.count, radix: 16) + "\r\n" + beginning))
            scene.send("no end\r\n")
            _ = scene.server()
        },
        WireKind("status path", served) { $0.send("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n") },
        WireKind("status path with content", served) { $0.send("GET /alive HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\n\r\nxx") },
    ]

    private static let departures: [WireKind] = [
        WireKind("client that leaves in its head", "– client_gone CR-- 0") { scene in
            scene.send("GET /puppet")
            scene.leave()
        },
        WireKind("client that leaves early in its upload", "– client_gone CD-- 0") { scene in
            scene.send(report("Content-Length: 1000", "begin"))
            scene.leave()
        },
        WireKind("client that leaves in its upload", "– client_gone CH-- 0") { scene in
            scene.send(report("Content-Length: 100000", beginning))
            scene.leave()
            _ = scene.server()
        },
        WireKind("client that leaves while its server works", "– client_gone CH-- 0") { scene in
            scene.send(file)
            _ = scene.server()
            scene.leave()
        },
        WireKind("client that leaves in the response", "200 client_gone CD-- 0") { scene in
            scene.send(file)
            scene.respond("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")
            scene.leave()
            // It is noticed with the next bytes for it, where both directions are not gone yet.
            scene.worker.turn()
        },
        WireKind("client that leaves the queue", "200 – ---- 0") { scene in
            let narrow = file.replacing("production", with: "narrow")
            let holder = scene.worker.connect()
            scene.worker.send(narrow, from: holder)
            scene.send(narrow)
            scene.leave()
            scene.respond(ok)
            scene.worker.world.deliverOutcomes()
            holder.close()
            scene.worker.turn()
        },
    ]

    private static let failures: [WireKind] = [
        WireKind("catalog that moves on", "200 – ---- 1") { scene in
            scene.dropIdle()
            scene.send(catalog("facts=x", environment: "?environment=twins"))
            scene.lose()
            scene.respond(ok)
        },
        WireKind("large catalog that cannot move on", "502 bad_response SH-- 0") { scene in
            scene.dropIdle()
            scene.send(catalog("facts=" + large, environment: "?environment=twins"))
            scene.lose()
        },
        WireKind("report that may not move on", "502 bad_response SH-- 0") { scene in
            scene.dropIdle()
            scene.send(report("Content-Length: 2", "{}").replacing("production", with: "twins"))
            scene.lose()
        },
        WireKind("server that breaks off", "200 cut SD-- 0") { scene in
            scene.dropIdle()
            scene.send(file)
            scene.respond("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")
            scene.dropIdle()
        },
        WireKind("malformed response", "502 bad_response SH-- 0", file, "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello"),
        WireKind("malformed content", "200 cut SD-- 0") { scene in
            scene.send(file)
            scene.respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            scene.goOn("zz\r\n")
        },
        WireKind("excess bytes", "502 bad_response SH-- 0", file, ok + "more"),
        WireKind("upload that stops", "408 request_timeout cD-- 0") { scene in
            scene.send(report("Content-Length: 1000", "begin"))
            scene.pass(.seconds(60))
        },
        WireKind("server that takes too long", "504 response_timeout sH-- 0") { scene in
            scene.send(file)
            _ = scene.server()
            scene.pass(.seconds(1000))
        },
    ]
}
