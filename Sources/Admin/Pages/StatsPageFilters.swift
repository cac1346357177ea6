/// The filters of requests, runs and failures. They are a form that only changes the address.
enum StatsPageFilters {
    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        var environments: HTML = ""
        for environment in report.environments.prefix(100) { environments += "<option value=\"\(environment.name)\"></option>" }
        var pools: HTML = "<option value=\"\">all</option>"
        for pool in report.pools {
            pools += "<option value=\"\(pool.name)\"\(pool.name == view.pool ? " selected" as HTML : "")>\(pool.name)</option>"
        }
        return """
            <form method="get" action="/" class="filters" role="search" aria-label="Filter requests, runs and failures">
            <label>Certname <input name="certname" type="search" value="\(view.certname)" placeholder="web* or part of it"
            autocomplete="off" spellcheck="false"></label>
            <label>Environment <input name="environment" type="search" value="\(view.environment)" placeholder="all" list="environment-names"
            autocomplete="off" spellcheck="false"></label><datalist id="environment-names">\(environments)</datalist>
            <label>Pool <select name="pool">\(pools)</select></label>
            <label>Slower than <span><input name="slow" type="number" min="0" step="any" value="\(view.slowText)" placeholder="0"> s</span></label>
            <label class="check"><input name="failed" type="checkbox" value="1"\(view.failedOnly ? " checked" as HTML : "")> Failed runs only</label>
            \(kept(view))
            <span class="buttons"><button>Apply</button> \(clear(view))</span>
            </form>
            """
    }

    /// What the form must not lose.
    private static func kept(_ view: PageView) -> HTML {
        var other = PageView()
        other.agent = view.agent
        for (table, sort) in view.allSorts { other.sort(table, by: sort) }
        var fields: HTML = ""
        for (name, value) in other.parts { fields += "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">" }
        return fields
    }

    private static func clear(_ view: PageView) -> HTML {
        guard view.hasFilter else { return "" }
        let address = view.href("agents") {
            ($0.certname, $0.environment, $0.pool, $0.failedOnly, $0.slow) = ("", "", "", false, 0)
        }
        return "<a class=\"view\" href=\"\(address)\">Clear filters</a>"
    }
}
