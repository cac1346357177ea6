import Balancing

/// `show servers state`, version 1: 25 fields a server, which `load-server-state-from-file` reads again.
package enum ServersState {
    private static let header =
        "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change "
        + "srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn "
        + "srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port"

    /// - Parameter pool: nil for all
    package static func text(_ report: ServiceReport, pool wanted: String?) -> String {
        var text = "1\n" + header + "\n"
        // Numbered as in `show stat`.
        for (number, pool) in report.pools.enumerated() where wanted == nil || pool.name == wanted {
            for (index, server) in pool.servers.enumerated() {
                text += line(server, pool, report.listeners.count + number + 1, index + 1) + "\n"
            }
        }
        return text
    }

    private static func line(_ server: ServerReport, _ pool: PoolReport, _ poolNumber: Int, _ number: Int) -> String {
        let state = server.state
        // As HAProxy: stopped in maint; drain leaves it as it is.
        let operation = !state.isUp || state.admin == .maint ? 0 : state.slowStartSince != nil ? 1 : 2
        let admin = (state.admin == .maint ? 1 : 0) | (state.admin == .drain ? 8 : 0) | (state.health.isResolved ? 0 : 32)
        let isName = state.settings.address.literal == nil
        let (host, port) = server.place
        let fields: [String] = [
            "\(poolNumber)", pool.name, "\(number)", state.name, host, "\(operation)", "\(admin)",
            "\(weight(state))", "\(state.settings.weight)", "\(server.sinceChange)", "\(checkStatus(state))",
            "\(checkResult(state))", "\(state.admin == .maint ? 0 : state.health.counter)",
            checks(state.health.check != nil, state.isChecked, state), checks(state.settings.agentCheck != nil, state.isAgentAsked, state),
            "0", "0", isName ? state.settings.address.host : "-",
            port, "-", pool.settings.tls(of: state.settings) == nil ? "0" : "1", "\(state.health.check?.port ?? 0)", "-", "-",
            "\(state.settings.agentCheck?.port ?? 0)",
        ]
        return fields.joined(separator: " ")
    }

    /// Without what slow start takes off for a while.
    private static func weight(_ state: ServerState) -> Int {
        min((state.agent.weight ?? state.settings.weight) * state.agent.weightPercent / 100, 256)
    }

    /// Bits: 2 configured, 4 enabled, 8 paused, as enabled ones are in maint.
    private static func checks(_ areConfigured: Bool, _ areEnabled: Bool, _ state: ServerState) -> String {
        guard areConfigured else { return "0" }
        return areEnabled ? state.admin == .maint ? "14" : "6" : "2"
    }

    /// HAProxy's HCHK_STATUS numbers.
    private static func checkStatus(_ state: ServerState) -> Int {
        switch state.health.lastOutcome {
        case nil, .resolved, .unresolved: return state.health.check == nil ? 0 : 1
        case .passed: return 15
        case .failed(let failure):
            switch failure.cause {
            case .socketError: return 5
            case .layer4Timeout: return 7
            case .layer4Refused: return 8
            case .layer6Timeout: return 10
            case .layer6Response: return 11
            case .layer7Timeout: return 12
            case .layer7Response: return 13
            case .layer7Status: return 17
            }
        }
    }

    private static func checkResult(_ state: ServerState) -> Int {
        switch state.health.lastOutcome {
        case .passed: 3
        case .failed: 2
        case nil, .resolved, .unresolved: 0
        }
    }
}
