/// HAProxy's columns of `show stat`, in order: tools go by place. Empty where puppetfront has no such thing.
enum StatColumn: Int, CaseIterable {
    case pxname, svname, qcur, qmax, scur, smax, slim, stot, bin, bout, dreq, dresp, ereq, econ, eresp, wretr, wredis, status, weight, act,
        bck
    case chkfail, chkdown, lastchg, downtime, qlimit, pid, iid, sid, throttle, lbtot, tracked, type, rate
    case rateLimit, rateMax, checkStatus, checkCode, checkDuration
    case hrsp1xx, hrsp2xx, hrsp3xx, hrsp4xx, hrsp5xx, hrspOther, hanafail, reqRate, reqRateMax, reqTotal, clientAborts, serverAborts
    case compressionIn, compressionOut, compressionBypassed, compressedResponses, lastSession, lastCheck, lastAgent
    case queueTime, connectTime, responseTime, totalTime, agentStatus, agentCode, agentDuration, checkDescription, agentDescription
    case checkRise, checkFall, checkHealth, agentRise, agentFall, agentHealth, address, cookie, mode, algorithm
    case connectionRate, connectionRateMax, connectionTotal, intercepted, dcon, dses, wrew, connect, reuse, cacheLookups, cacheHits
    case idleCurrent, idleLimit, queueTimeMax, connectTimeMax, responseTimeMax, totalTimeMax, internalErrors
    case idleConnections, safeConnections, usedConnections, neededConnections, userWeight

    /// As HAProxy spells it.
    var name: String { Self.spellings[self] ?? "\(self)" }

    /// Those that HAProxy spells in another way than Swift does.
    private static let spellings: [StatColumn: String] = [
        .rateLimit: "rate_lim", .rateMax: "rate_max", .checkStatus: "check_status", .checkCode: "check_code",
        .checkDuration: "check_duration", .hrsp1xx: "hrsp_1xx", .hrsp2xx: "hrsp_2xx", .hrsp3xx: "hrsp_3xx", .hrsp4xx: "hrsp_4xx",
        .hrsp5xx: "hrsp_5xx", .hrspOther: "hrsp_other", .reqRate: "req_rate", .reqRateMax: "req_rate_max", .reqTotal: "req_tot",
        .clientAborts: "cli_abrt", .serverAborts: "srv_abrt", .compressionIn: "comp_in", .compressionOut: "comp_out",
        .compressionBypassed: "comp_byp", .compressedResponses: "comp_rsp", .lastSession: "lastsess", .lastCheck: "last_chk",
        .lastAgent: "last_agt", .queueTime: "qtime", .connectTime: "ctime", .responseTime: "rtime", .totalTime: "ttime",
        .agentStatus: "agent_status", .agentCode: "agent_code", .agentDuration: "agent_duration", .checkDescription: "check_desc",
        .agentDescription: "agent_desc", .checkRise: "check_rise", .checkFall: "check_fall", .checkHealth: "check_health",
        .agentRise: "agent_rise", .agentFall: "agent_fall", .agentHealth: "agent_health", .address: "addr", .algorithm: "algo",
        .connectionRate: "conn_rate", .connectionRateMax: "conn_rate_max", .connectionTotal: "conn_tot", .cacheLookups: "cache_lookups",
        .cacheHits: "cache_hits", .idleCurrent: "srv_icur", .idleLimit: "src_ilim", .queueTimeMax: "qtime_max",
        .connectTimeMax: "ctime_max", .responseTimeMax: "rtime_max", .totalTimeMax: "ttime_max", .internalErrors: "eint",
        .idleConnections: "idle_conn_cur", .safeConnections: "safe_conn_cur", .usedConnections: "used_conn_cur",
        .neededConnections: "need_conn_est", .userWeight: "uweight",
    ]
}

/// One value of a row.
enum StatValue: Equatable {
    case text(String)
    case number(UInt64)

    init(_ value: Int) { self = .number(UInt64(max(0, value))) }
    init(_ value: Int64) { self = .number(UInt64(max(0, value))) }

    var text: String {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        }
    }
}

/// A row of `show stat`.
struct StatRow {
    /// HAProxy's `type`.
    enum Kind: Int {
        case frontend = 0
        case backend = 1
        case server = 2
    }

    let kind: Kind
    var proxy: Int
    var server: Int
    private(set) var values = [StatValue?](repeating: nil, count: StatColumn.allCases.count)

    init(_ kind: Kind, proxy: Int, server: Int, names: (String, String), processNumber: Int = 1) {
        self.kind = kind
        self.proxy = proxy
        self.server = server
        self[.pxname] = .text(names.0)
        self[.svname] = .text(names.1)
        self[.pid] = StatValue(processNumber)
        self[.iid] = StatValue(proxy)
        self[.sid] = StatValue(server)
        self[.type] = StatValue(kind.rawValue)
        self[.mode] = .text("http")
    }

    subscript(column: StatColumn) -> StatValue? {
        get { values[column.rawValue] }
        set { values[column.rawValue] = newValue }
    }
}
