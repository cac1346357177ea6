import Admin
import Balancing
import Foundation
import Testing

struct StatTests {
    /// `enum stat_idx_px` of HAProxy, 0 to 99.
    private static let columns = """
        pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act bck \
        chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max check_status check_code \
        check_duration hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail req_rate req_rate_max req_tot cli_abrt srv_abrt \
        comp_in comp_out comp_byp comp_rsp lastsess last_chk last_agt qtime ctime rtime ttime agent_status agent_code agent_duration \
        check_desc agent_desc check_rise check_fall check_health agent_rise agent_fall agent_health addr cookie mode algo conn_rate \
        conn_rate_max conn_tot intercepted dcon dses wrew connect reuse cache_lookups cache_hits srv_icur src_ilim qtime_max ctime_max \
        rtime_max ttime_max eint idle_conn_cur safe_conn_cur used_conn_cur need_conn_est uweight
        """.split(separator: " ").map(String.init)

    private func lines(_ command: String, host: FakeHost = FakeHost()) -> [String] {
        answer(command, host: host).split(separator: "\n").map(String.init)
    }

    @Test func theHeaderIsHAProxys() {
        #expect(lines("show stat")[0] == "# " + Self.columns.joined(separator: ",") + ",")
    }

    @Test func everyRowHasEveryColumn() {
        let rows = lines("show stat").dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.allSatisfy { $0.count == Self.columns.count + 1 })
        func column(_ name: String) -> [String] { rows.map { $0[Self.columns.firstIndex(of: name)!] } }
        #expect(column("pxname") == ["agents", "compilers", "compilers", "compilers", "empty"])
        #expect(column("svname") == ["FRONTEND", "s1", "s2", "BACKEND", "BACKEND"])
        #expect(column("type") == ["0", "2", "2", "1", "1"])
        #expect(column("iid") == ["1", "2", "2", "2", "3"])
        #expect(column("sid") == ["0", "1", "2", "0", "0"])
        #expect(column("stot") == ["7", "3", "3", "0", "0"])
        #expect(column("weight")[1] == "5")
        #expect(column("qlimit")[3] == "9")
    }

    @Test(arguments: [
        ("show stat 2 4 -1", ["s1", "s2"]), ("show stat 2 4 2", ["s2"]), ("show stat compilers 2 -1", ["BACKEND"]),
        ("show stat -1 1 -1", ["FRONTEND"]), ("show stat -1 3 -1", ["FRONTEND", "BACKEND", "BACKEND"]), ("show stat 99 -1 -1", []),
    ])
    func rowsAreChosenByProxyKindAndServer(_ command: String, _ names: [String]) {
        #expect(lines(command).dropFirst().map { String($0.split(separator: ",")[1]) } == names)
    }

    /// As HAProxy: one that is drained is up.
    @Test(arguments: [("no-maint", AdminState.maint, false), ("up", .maint, false), ("up", .drain, true), ("no-maint", .drain, true)])
    func serversThatAreOutAreLeftOutWhereAskedTo(_ word: String, _ state: AdminState, _ isShown: Bool) {
        var host = FakeHost()
        host.set("s2", state)
        let names = lines("show stat compilers -1 -1 \(word)", host: host).dropFirst().map { String($0.split(separator: ",")[1]) }
        #expect(names == (isShown ? ["s1", "s2", "BACKEND"] : ["s1", "BACKEND"]))
    }

    @Test(arguments: [(ListenerReport.State.open, "OPEN"), (.paused, "PAUSED"), (.stopped, "STOP")])
    func aFrontendsStateHasHAProxysText(_ state: ListenerReport.State, _ word: String) {
        var host = FakeHost()
        host.service.listeners[0].state = state
        #expect(lines("show stat agents 1 -1", host: host)[1].split(separator: ",", omittingEmptySubsequences: false)[17] == word)
    }

    @Test func onlyFieldsWithCommaOrQuoteAreQuoted() {
        var host = FakeHost()
        host.service.pools[1].name = "a \"b\", c"
        #expect(lines("show stat", host: host).last?.hasPrefix("\"a \"\"b\"\", c\",BACKEND,") == true)
    }

    @Test func typedLinesNameObjectColumnAndType() {
        let typed = lines("show stat typed")
        #expect(typed.contains("F.1.0.0.pxname.1:KNS:str:agents"))
        #expect(typed.contains("S.2.1.7.stot.1:MCP:u64:3"))
        #expect(typed.contains("B.3.0.27.iid.1:KGS:u32:3"))
    }

    @Test func jsonIsReadByAParser() throws {
        var host = FakeHost()
        host.service.pools[1].name = "a \"b\"\\\u{1}"
        let stat = try #require(
            try JSONSerialization.jsonObject(with: Data(answer("show stat json", host: host).utf8)) as? [[[String: Any]]])
        #expect(stat.count == 5)
        #expect(stat[0][0]["objType"] as? String == "Frontend")
        #expect(stat[0][0]["tags"] as? [String: String] == ["origin": "Key", "nature": "Name", "scope": "Service"])
        #expect((stat[4][0]["value"] as? [String: Any])?["value"] as? String == "a \"b\"\\\u{1}")
        let info = try #require(try JSONSerialization.jsonObject(with: Data(answer("show info json").utf8)) as? [[String: Any]])
        #expect((info[0]["value"] as? [String: Any])?["value"] as? String == "HAProxy")
    }
}
