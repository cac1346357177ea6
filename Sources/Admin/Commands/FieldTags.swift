import Model

/// What a value of `show stat` or `show info` is, in HAProxy's typed and JSON forms: origin, nature, scope and type, written `MCP:u64`.
struct FieldTags {
    /// Three letters.
    let letters: String
    /// `str`, `u32`, `u64` or `s32`.
    let type: String

    /// - Parameter text: letters, colon, type
    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        letters = String(parts[0])
        type = String(parts[1])
    }

    /// `"tags":{…}`, and the value as JSON has it.
    func json(_ value: String) -> String {
        let words = letters.map { String($0) }
        let content = type == "str" ? JSONString.text(value) : value
        return
            "\"tags\":{\"origin\":\"\(Self.origin(words[0]))\",\"nature\":\"\(Self.nature(words[1]))\",\"scope\":\"\(Self.scope(words[2]))\"},"
            + "\"value\":{\"type\":\"\(type)\",\"value\":\(content)}"
    }

    private static func origin(_ letter: String) -> String {
        switch letter {
        case "S": "Status"
        case "K": "Key"
        case "C": "Config"
        case "P": "Product"
        default: "Metric"
        }
    }

    private static func nature(_ letter: String) -> String {
        switch letter {
        case "L": "Limit"
        case "M": "Max"
        case "R": "Rate"
        case "C": "Counter"
        case "D": "Duration"
        case "A": "Age"
        case "N": "Name"
        case "O": "Output"
        case "a": "Avg"
        default: "Gauge"
        }
    }

    private static func scope(_ letter: String) -> String { letter == "S" ? "Service" : "Process" }
}

extension StatColumn {
    /// As HAProxy 2.6 tags them.
    var tags: FieldTags {
        switch self {
        case .pxname, .svname, .cookie, .tracked: FieldTags(self == .pxname || self == .svname ? "KNS:str" : "CNS:str")
        case .qcur, .scur, .idleCurrent, .idleConnections, .safeConnections, .usedConnections, .neededConnections: FieldTags("MGP:u32")
        case .qmax, .smax, .rateMax, .reqRateMax, .connectionRateMax, .queueTimeMax, .connectTimeMax, .responseTimeMax, .totalTimeMax:
            FieldTags("MMP:u32")
        case .slim, .qlimit, .rateLimit, .idleLimit: FieldTags("CLP:u32")
        case .status: FieldTags("SGP:str")
        case .act, .bck: FieldTags("SGP:u32")
        case .weight, .userWeight, .throttle, .queueTime, .connectTime, .responseTime, .totalTime: FieldTags("MaP:u32")
        case .lastchg: FieldTags("MAP:u32")
        case .lastSession: FieldTags("MAP:s32")
        case .downtime: FieldTags("MCP:u32")
        case .pid: FieldTags("KGP:u32")
        case .iid, .sid: FieldTags("KGS:u32")
        case .type, .checkRise, .checkFall, .checkHealth, .agentRise, .agentFall, .agentHealth: FieldTags("CGS:u32")
        case .rate, .reqRate, .connectionRate: FieldTags("MRP:u32")
        case .checkStatus, .agentStatus, .lastCheck, .lastAgent, .checkDescription, .agentDescription: FieldTags("MOP:str")
        case .checkCode, .agentCode: FieldTags("MOP:u32")
        case .checkDuration, .agentDuration: FieldTags("MDP:u64")
        case .address, .mode, .algorithm: FieldTags("CGS:str")
        default: FieldTags("MCP:u64")
        }
    }
}
