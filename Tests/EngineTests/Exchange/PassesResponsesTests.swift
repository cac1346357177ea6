import Model
import Testing

@testable import Engine

/// A response on its way to the agent: what is forwarded, and whether both connections are kept.
struct PassesResponsesTests {
    @Test func aResponseIsPassedOnAndBothConnectionsGoOn() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.world.inUse() == 1)
        exchange.world.pass(.milliseconds(3))
        exchange.server.connects()
        #expect(exchange.server.got.hasPrefix("GET /puppet/v3/file_metadata/modules/m/a?environment=production HTTP/1.1\r\n"))
        exchange.world.pass(.milliseconds(40))
        exchange.server.says(.head("200 OK", ["Content-Length: 10", "X-Puppet-Compiler-Name: c1"], "hello"))
        #expect(exchange.client.got == "<200>hello" && exchange.world.inUse() == 1)
        exchange.world.pass(.milliseconds(5))
        exchange.server.says(.content("world"))
        #expect(exchange.client.got == "<200>helloworld" && exchange.client.endings == [.keepAlive])
        #expect(exchange.server.releases == [true])
        let line = try exchange.line()
        #expect(line.end == "200 – ---- 0" && line.server == "s1" && line.string("compiler") == "c1")
        #expect(line.double("queue_ms") == 0 && line.double("connect_ms") == 3 && line.double("response_ms") == 40)
        #expect(line.double("total_ms") == 48 && line.int("bytes_out") == "<200>helloworld".utf8.count)
        #expect(line.int("bytes_in") == ScriptedExchange.file.utf8.count)
        #expect(exchange.world.held == [])
    }

    @Test(arguments: [
        ("200 OK", "HEAD", "Content-Length: 500"), ("204 No Content", "GET", "X: y"), ("304 Not Modified", "GET", "Content-Length: 500"),
    ])
    func responsesWithoutContentEndWithTheirHead(_ status: String, _ method: String, _ field: String) throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded(ScriptedExchange.file.replacing("GET", with: method))
        server.says(.head(status, [field], ""))
        #expect(exchange.client.got == "<\(status.prefix(3))>" && exchange.client.endings == [.keepAlive])
        #expect(server.releases == [true])
        #expect(try exchange.end() == "\(status.prefix(3)) – ---- 0")
    }

    @Test func interimResponsesArePassedOnAtOnce() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.says(.interim(100), .interim(103))
        #expect(exchange.client.got == "<100><103>" && exchange.driver.isActive && exchange.world.inUse() == 1)
        server.says(.interim(103), ScriptedExchange.ok)
        #expect(exchange.client.got == "<100><103><103><200>hello")
        #expect(try exchange.end() == "200 – ---- 0")
    }

    /// puppetfront itself sent 100 Continue: the agent must not get it twice, but other interim responses reach it.
    @Test func theServersHundredIsDroppedWhereOursWasSent() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.report(2, fields: "Expect: 100-continue\r\n"))
        exchange.world.turn()
        exchange.driver.clientReady()
        #expect(exchange.client.got == "<100 from here>" && exchange.servers.made.isEmpty)
        exchange.send("{}")
        exchange.server.connects()
        #expect(exchange.server.got.hasSuffix("\r\n\r\n{}") && !exchange.server.got.contains("Expect"))
        exchange.server.says(.interim(100), .interim(103), ScriptedExchange.ok)
        #expect(exchange.client.got == "<100 from here><103><200>hello")
        #expect(try exchange.end() == "200 – ---- 0")
        // The next request expects nothing: the server's 100 is its own again.
        let next = try exchange.forwarded()
        next.says(.interim(100), ScriptedExchange.ok)
        #expect(exchange.client.got == "<100><200>hello")
    }

    @Test func aContentThatEndsWithTheConnectionEndsTheAgentsToo() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", [], "hel"), .content("lo"))
        #expect(exchange.client.got == "<200 close>hello" && exchange.driver.isActive)
        server.says(.ended)
        #expect(exchange.client.endings == [.close])
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test func aClientThatKnowsNoChunksSeesTheContentsEndInTheConnections() throws {
        let exchange = try ScriptedExchange()
        exchange.client.knowsChunked = false
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"))
        #expect(exchange.client.got.hasPrefix("<200 close>") && exchange.client.endings == [.close])
        #expect(try exchange.end() == "200 – ---- 0")
        let other = try ScriptedExchange()
        try other.forwarded().says(.head("200 OK", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"))
        #expect(other.client.got.hasPrefix("<200>") && other.client.endings == [.keepAlive])
    }

    @Test func aClientThatAsksForItIsClosed() throws {
        let exchange = try ScriptedExchange()
        let text = ScriptedExchange.file.replacing("Host: p\r\n", with: "Host: p\r\nConnection: close\r\n")
        try exchange.forwarded(text).says(ScriptedExchange.ok)
        #expect(exchange.client.got == "<200 close>hello" && exchange.client.endings == [.close])
        #expect(exchange.server.releases == [true], "the server's connection has nothing to do with that")
        try exchange.forwarded().says(ScriptedExchange.ok)
        #expect(exchange.client.endings == [.close, .keepAlive])
    }

    /// The rest of the request cannot be distinguished from the next one, on either side.
    @Test func aResponseBeforeTheRequestsEndEndsBothConnections() throws {
        let exchange = try ScriptedExchange {
            $0.retry.attempts = 2
        } settings: {
            $0.limits.bodyPrefix = 10
        }
        try exchange.begin(ScriptedExchange.report(100) + String(repeating: "x", count: 20))
        exchange.server.connects()
        #expect(exchange.server.got.hasSuffix(String(repeating: "x", count: 20)))
        exchange.server.says(.head("413 Content Too Large", ["Content-Length: 5"], "large"))
        #expect(exchange.client.got == "<413 close>large" && exchange.client.endings == [.close])
        #expect(exchange.server.releases == [false])
        #expect(try exchange.end() == "413 – ---- 0")
    }

    /// The head is on its way when the rest of the request comes: it must not be changed any more.
    @Test func theRequestContinuesAfterAnEarlyHead() throws {
        let exchange = try ScriptedExchange(settings: { $0.limits.bodyPrefix = 10 })
        try exchange.begin(ScriptedExchange.report(30) + String(repeating: "x", count: 20))
        exchange.server.connects()
        exchange.server.says(.head("200 OK", ["Content-Length: 5"], "he"))
        exchange.send(String(repeating: "y", count: 10))
        #expect(exchange.server.got.hasSuffix(String(repeating: "x", count: 20) + String(repeating: "y", count: 10)))
        exchange.server.says(.content("llo"))
        #expect(exchange.client.got == "<200 close>hello" && exchange.client.endings == [.close] && exchange.server.releases == [true])
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test(arguments: [
        ("500 Internal Server Error", ["Content-Length: 5"], 0), ("404 Not Found", ["Content-Length: 5"], 0),
        ("503 Service Unavailable", ["Content-Length: 5", "Retry-After: 60"], 0), ("503 Service Unavailable", ["Content-Length: 5"], 1),
        ("502 Bad Gateway", ["Content-Length: 5"], 1), ("504 Gateway Timeout", ["Content-Length: 5"], 1),
    ])
    func onlyAServerThatCannotServeIsCounted(_ status: String, _ fields: [String], _ ejections: Int) throws {
        let exchange = try ScriptedExchange { $0.outlier = .init(failures: 1) }
        try exchange.forwarded().says(.head(status, fields, "Error"))
        #expect(exchange.client.got == "<\(status.prefix(3))>Error" && exchange.client.endings == [.keepAlive])
        #expect(exchange.world.ejected == ejections)
        let line = try exchange.line()
        #expect(line.end == "\(status.prefix(3)) – ---- 0" && line.string("error_text") == "Error")
    }

    @Test func errorTextsAreKeptOnlyWhereTheyAreWanted() throws {
        let exchange = try ScriptedExchange(settings: { $0.logs.errorText = false })
        try exchange.forwarded().says(.head("500 Internal Server Error", ["Content-Length: 5"], "Error"))
        #expect(try exchange.line().string("error_text") == nil)
        let good = try ScriptedExchange()
        try good.forwarded().says(ScriptedExchange.ok)
        #expect(try good.line().string("error_text") == nil, "no error")
    }

    @Test func aMalformedResponseIsReported() throws {
        let exchange = try ScriptedExchange { $0.outlier = .init(failures: 1) }
        try exchange.forwarded().says(.malformed)
        #expect(exchange.client.got.contains("502 Bad Gateway") && exchange.client.endings == [.keepAlive])
        #expect(exchange.world.ejected == 1 && exchange.world.log.all.contains("bad response"))
        #expect(try exchange.end() == "502 bad_response SH-- 0")
    }
}
