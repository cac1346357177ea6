import Model
import Telemetry

/// `show info`: HAProxy's keys in its order, as far as puppetfront has such a thing; tools need some of them to be there.
enum InfoText {
    static func make(_ report: ServiceReport, _ words: [String]) -> String {
        let entries = entries(report)
        if words.contains("json") {
            let objects = entries.enumerated().map { number, entry in
                "{\"field\":{\"pos\":\(number),\"name\":\(JSONString.text(entry.name))},\"processNum\":1,\(tags(entry.name).json(entry.value))}"
            }
            return "[" + objects.joined(separator: ",") + "]\n"
        }
        guard words.contains("typed") else { return entries.map { "\($0.name): \($0.value)\n" }.joined() }
        return entries.enumerated().map { number, entry in
            "\(number).\(entry.name).1:\(tags(entry.name).letters):\(tags(entry.name).type):\(entry.value)\n"
        }.joined()
    }

    /// As HAProxy 2.6 tags them.
    private static func tags(_ name: String) -> FieldTags {
        switch name {
        case "Name", "Version", "Release_date", "Build info": FieldTags("POS:str")
        case "Nbthread", "Nbproc": FieldTags("CGS:u32")
        case "Process_num": FieldTags("KGP:u32")
        case "Pid": FieldTags("SGP:u32")
        case "Uptime": FieldTags("MDP:str")
        case "Uptime_sec", "Start_time_sec": FieldTags("MDP:u32")
        case "Memmax_MB", "Ulimit-n", "Maxsock", "Maxconn", "Hard_maxconn", "Maxpipes", "ConnRateLimit", "SessRateLimit", "SslRateLimit",
            "CompressBpsRateLim":
            FieldTags("CLP:u32")
        case "PoolFailed", "CumConns", "CumReq", "CumSslConns", "SslCacheLookups", "SslCacheMisses": FieldTags("MCP:u32")
        case "MaxSslConns", "MaxConnRate", "MaxSslRate", "SslFrontendMaxKeyRate", "SslBackendMaxKeyRate": FieldTags("MMP:u32")
        case "ConnRate", "SessRate", "MaxSessRate", "SslRate", "SslBackendKeyRate", "CompressBpsIn", "CompressBpsOut": FieldTags("MRP:u32")
        case "Idle_pct": FieldTags("MaP:u32")
        case "node", "description": FieldTags("COS:str")
        case "TotalBytesOut": FieldTags("MGP:u64")
        default: FieldTags("MGP:u32")
        }
    }

    private static func entries(_ report: ServiceReport) -> [(name: String, value: String)] {
        let process = report.process
        let peers = report.peers.flatMap(\.members)
        let uptime = process.uptime
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let spelled = "\(uptime / 86_400)d \(uptime / 3_600 % 24)h\(two(uptime / 60 % 60))m\(two(uptime % 60))s"
        let connections = report.listeners.reduce(into: RateCounter()) { $0 += $1.connectionRate }
        let (rate, maximum) = ("\(connections.rate(now: process.now))", "\(connections.maximum)")
        return [
            // haproxyadmin takes nothing else than this name, and Ansible drains from version 1.5 on.
            ("Name", "HAProxy"), ("Version", "2.6-puppetfront-\(process.version)"), ("Release_date", "2026/11/22"),
            ("Nbthread", "\(process.workers)"),
            ("Nbproc", "1"), ("Process_num", "1"), ("Pid", "\(process.processID)"), ("Uptime", spelled), ("Uptime_sec", "\(uptime)"),
            ("Start_time_sec", "\(process.startedAt)"), ("Memmax_MB", "0"), ("PoolAlloc_MB", "\(process.residentBytes >> 20)"),
            ("PoolUsed_MB", "\(process.residentBytes >> 20)"), ("PoolFailed", "0"), ("Ulimit-n", "\(process.descriptorLimit)"),
            ("Maxsock", "\(process.descriptorLimit)"), ("Maxconn", "\(process.connectionLimit)"),
            ("Hard_maxconn", "\(process.connectionLimit)"),
            ("CurrConns", "\(process.connections)"), ("CumConns", "\(process.totalConnections)"), ("CumReq", "\(process.totalRequests)"),
            ("MaxSslConns", "0"), ("CurrSslConns", "\(process.connections)"), ("CumSslConns", "\(process.totalHandshakes)"),
            ("Maxpipes", "0"),
            ("PipesUsed", "0"), ("PipesFree", "0"), ("ConnRate", rate), ("ConnRateLimit", "0"), ("MaxConnRate", maximum),
            ("SessRate", rate),
            ("SessRateLimit", "0"), ("MaxSessRate", maximum), ("SslRate", "0"), ("SslRateLimit", "0"), ("MaxSslRate", "0"),
            ("SslFrontendKeyRate", "0"), ("SslFrontendMaxKeyRate", "0"), ("SslFrontendSessionReuse_pct", "0"), ("SslBackendKeyRate", "0"),
            ("SslBackendMaxKeyRate", "0"), ("SslCacheLookups", "0"), ("SslCacheMisses", "0"), ("CompressBpsIn", "0"),
            ("CompressBpsOut", "0"), ("CompressBpsRateLim", "0"), ("Tasks", "\(process.connections)"), ("Run_queue", "\(process.waiting)"),
            ("Idle_pct", "100"), ("node", process.node),
            ("description", process.site.map { "site \($0)" } ?? ""), ("Stopping", process.readiness.isDraining ? "1" : "0"),
            ("Jobs", "\(process.connections)"), ("Unstoppable Jobs", "0"), ("Listeners", "\(report.listeners.count)"),
            ("ActivePeers", "\(peers.count)"),
            ("ConnectedPeers", "\(peers.count { $0.isConnected })"), ("DroppedLogs", "\(process.logLinesDropped)"), ("BusyPolling", "0"),
            ("FailedResolutions", "0"),
            ("TotalBytesOut", "\(report.listeners.reduce(0) { $0 + $1.traffic.bytesOut })"),
            ("Build info", "OpenSSL \(process.opensslVersion), nghttp2 \(process.nghttp2Version)"),
        ]
    }
}
