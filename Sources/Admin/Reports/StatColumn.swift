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
    var name: String {
        switch self {
        case .rateLimit: "rate_lim"
        case .rateMax: "rate_max"
        case .checkStatus: "check_status"
        case .checkCode: "check_code"
        case .checkDuration: "check_duration"
        case .hrsp1xx: "hrsp_1xx"
        case .hrsp2xx: "hrsp_2xx"
        case .hrsp3xx: "hrsp_3xx"
        case .hrsp4xx: "hrsp_4xx"
        case .hrsp5xx: "hrsp_5xx"
        case .hrspOther: "hrsp_other"
        case .reqRate: "req_rate"
        case .reqRateMax: "req_rate_max"
        case .reqTotal: "req_tot"
        case .clientAborts: "cli_abrt"
        case .serverAborts: "srv_abrt"
        case .compressionIn: "comp_in"
        case .compressionOut: "comp_out"
        case .compressionBypassed: "comp_byp"
        case .compressedResponses: "comp_rsp"
        case .lastSession: "lastsess"
        case .lastCheck: "last_chk"
        case .lastAgent: "last_agt"
        case .queueTime: "qtime"
        case .connectTime: "ctime"
        case .responseTime: "rtime"
        case .totalTime: "ttime"
        case .agentStatus: "agent_status"
        case .agentCode: "agent_code"
        case .agentDuration: "agent_duration"
        case .checkDescription: "check_desc"
        case .agentDescription: "agent_desc"
        case .checkRise: "check_rise"
        case .checkFall: "check_fall"
        case .checkHealth: "check_health"
        case .agentRise: "agent_rise"
        case .agentFall: "agent_fall"
        case .agentHealth: "agent_health"
        case .address: "addr"
        case .algorithm: "algo"
        case .connectionRate: "conn_rate"
        case .connectionRateMax: "conn_rate_max"
        case .connectionTotal: "conn_tot"
        case .cacheLookups: "cache_lookups"
        case .cacheHits: "cache_hits"
        case .idleCurrent: "srv_icur"
        case .idleLimit: "src_ilim"
        case .queueTimeMax: "qtime_max"
        case .connectTimeMax: "ctime_max"
        case .responseTimeMax: "rtime_max"
        case .totalTimeMax: "ttime_max"
        case .internalErrors: "eint"
        case .idleConnections: "idle_conn_cur"
        case .safeConnections: "safe_conn_cur"
        case .usedConnections: "used_conn_cur"
        case .neededConnections: "need_conn_est"
        case .userWeight: "uweight"
        default: "\(self)"
        }
    }
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
