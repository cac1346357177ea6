/// The tables' part of the style.
extension StatsPageStyle {
    static let tables: HTML = """

        .wide { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
        article .wide, .panel .wide { border-radius: 6px; }
        table { border-collapse: collapse; width: 100%; min-width: 70rem; table-layout: fixed; font-size: .9rem;
          font-variant-numeric: tabular-nums; }
        table.routes, table.certificates, table.events, table.sites, table.history { min-width: 50rem; }
        caption { text-align: left; padding: .35rem .6rem; color: var(--quiet); }
        article caption, .panel caption, table.listeners caption, table.certificates caption, table.events caption, table.sites caption {
          position: absolute; width: 1px; height: 1px; padding: 0; overflow: hidden; clip-path: inset(50%); }
        th, td { padding: .3rem .5rem; text-align: left; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
        th { font-weight: 600; }
        thead th { background: var(--raised); border-top: 0; white-space: nowrap; font-size: .8rem; color: var(--quiet); overflow: hidden;
          text-overflow: ellipsis; }
        thead th[title] { cursor: help; }
        .sort { color: inherit; text-decoration: none; display: block; overflow: hidden; text-overflow: ellipsis; }
        .sort:hover { color: var(--link); text-decoration: underline; }
        [aria-sort] { color: var(--text); }
        [aria-sort=ascending] .sort::after { content: " \\25B4"; }
        [aria-sort=descending] .sort::after { content: " \\25BE"; }
        tbody tr:hover > * { background: var(--raised); }
        .group th { padding: .2rem .5rem; font-size: .8rem; color: var(--quiet); font-weight: 500; }
        tfoot th, tfoot td { border-top: 2px solid var(--line); font-weight: 600; background: var(--raised); }
        td small, th small { display: block; color: var(--quiet); font-size: .8rem; font-weight: 400; }
        td details, th details { font-size: .8rem; }
        summary { color: var(--quiet); }
        details ul { margin: .3rem 0; padding-left: 1rem; min-width: 14rem; }
        .nb, time { white-space: nowrap; }
        .clip { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
        .n { text-align: right; }
        .hot { color: var(--bad); font-weight: 600; }
        .warm { color: var(--warning); font-weight: 600; }
        .none { color: var(--quiet); }
        td.none { padding: .8rem .6rem; }
        .codes { display: flex; flex-wrap: wrap; gap: 0 .6rem; }
        .code { white-space: nowrap; }
        .code i { font-style: normal; color: var(--quiet); font-weight: 400; font-size: .9em; }
        .code.hot i, .code.warm i { color: inherit; }
        meter { width: 2.4rem; height: .75em; vertical-align: baseline; }

        .servers th:nth-child(1) { width: 12.5%; } .servers th:nth-child(2) { width: 10%; } .servers th:nth-child(3) { width: 9.5%; }
        .servers th:nth-child(4) { width: 6%; } .servers th:nth-child(5) { width: 11.5%; } .servers th:nth-child(6) { width: 6.5%; }
        .servers th:nth-child(7) { width: 6.5%; } .servers th:nth-child(8) { width: 10%; } .servers th:nth-child(9) { width: 9.5%; }
        .servers th:nth-child(10) { width: 6%; } .servers th:nth-child(11) { width: 6%; } .servers th:nth-child(12) { width: 6%; }
        .requests th:nth-child(1) { width: 15%; } .requests th:nth-child(2) { width: 8%; } .requests th:nth-child(3) { width: 6.5%; }
        .requests th:nth-child(4) { width: 10%; } .requests th:nth-child(5) { width: 10%; } .requests th:nth-child(6) { width: 9%; }
        .requests th:nth-child(7) { width: 9%; } .requests th:nth-child(8) { width: 11.5%; } .requests th:nth-child(9) { width: 21%; }
        .runs th:nth-child(1) { width: 14%; } .runs th:nth-child(2) { width: 10%; } .runs th:nth-child(3) { width: 9%; }
        .runs th:nth-child(4) { width: 8%; } .runs th:nth-child(5) { width: 11%; } .runs th:nth-child(6) { width: 7%; }
        .runs th:nth-child(7) { width: 9%; } .runs th:nth-child(8) { width: 9%; } .runs th:nth-child(9) { width: 9.5%; }
        .runs th:nth-child(10) { width: 7.5%; } .runs th:nth-child(11) { width: 6%; }
        .failures th:nth-child(1) { width: 7%; } .failures th:nth-child(2) { width: 12%; } .failures th:nth-child(3) { width: 6%; }
        .failures th:nth-child(4) { width: 12%; } .failures th:nth-child(5) { width: 17%; } .failures th:nth-child(6) { width: 8%; }
        .failures th:nth-child(7) { width: 9%; } .failures th:nth-child(8) { width: 10%; } .failures th:nth-child(9) { width: 8%; }
        .failures th:nth-child(10) { width: 11%; }
        .environments th:nth-child(1) { width: 18%; } .environments th:nth-child(2) { width: 12%; }
        .environments th:nth-child(3) { width: 10%; } .environments th:nth-child(4) { width: 20%; }
        .environments th:nth-child(5) { width: 8%; } .environments th:nth-child(6) { width: 8%; }
        .environments th:nth-child(7) { width: 10%; } .environments th:nth-child(8) { width: 14%; }
        .listeners th:nth-child(1) { width: 13%; } .listeners th:nth-child(2) { width: 6%; } .listeners th:nth-child(3) { width: 12%; }
        .listeners th:nth-child(4) { width: 10%; } .listeners th:nth-child(5) { width: 9.5%; } .listeners th:nth-child(6) { width: 12%; }
        .listeners th:nth-child(7) { width: 14%; } .listeners th:nth-child(8) { width: 7.5%; } .listeners th:nth-child(9) { width: 9%; }
        .listeners th:nth-child(10) { width: 7%; }
        .routes th:nth-child(1) { width: 25%; } .routes th:nth-child(2) { width: 45%; } .routes th:nth-child(3) { width: 15%; }
        .routes th:nth-child(4) { width: 15%; }
        .certificates th:nth-child(1) { width: 30%; } .certificates th:nth-child(2) { width: 12%; }
        .certificates th:nth-child(3) { width: 10%; } .certificates th:nth-child(4) { width: 16%; }
        .certificates th:nth-child(5) { width: 32%; }
        .history th:nth-child(1) { width: 14%; } .history th:nth-child(2) { width: 11%; } .history th:nth-child(3) { width: 10%; }
        .history th:nth-child(4) { width: 20%; } .history th:nth-child(5) { width: 7%; } .history th:nth-child(6) { width: 7%; }
        .history th:nth-child(7) { width: 12%; } .history th:nth-child(8) { width: 19%; }
        .sites th:nth-child(1) { width: 14%; } .sites th:nth-child(2) { width: 12%; } .sites th:nth-child(3) { width: 9%; }
        .sites th:nth-child(4) { width: 9%; } .sites th:nth-child(5) { width: 10%; } .sites th:nth-child(6) { width: 17%; }
        .sites th:nth-child(7) { width: 10%; } .sites th:nth-child(8) { width: 10%; } .sites th:nth-child(9) { width: 9%; }
        .events th:nth-child(1) { width: 13rem; }
        .failures th:nth-child(1), .failures td:nth-child(1) { text-align: left; }
        .failures tbody th, .history tbody th, .events tbody th { font-weight: 400; }

        @media (max-width: 40rem) {
          body { padding: 0 .6rem 2rem; }
          header { position: static; margin: 0 -.6rem; padding: .5rem .6rem; }
          html { scroll-padding-top: 0; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
          .sparks { grid-template-columns: 1fr; }
          .spark svg { height: 2.2rem; }
          article, .panel { padding: .7rem .6rem; }
          dl { grid-template-columns: repeat(2, 1fr); }
          #legend dl { grid-template-columns: 1fr; }
          button { padding: .45rem .9rem; }
          .filters label, .filters input, .filters select { width: 100%; }
          .filters label { flex: 1 1 40%; }
          .attention li { display: flex; align-items: baseline; gap: .3rem; }
          tbody th, tfoot th, thead th:first-child { position: sticky; left: 0; z-index: 1; background: var(--raised); }
          .group th { position: static; }
          tbody th label { display: block; padding: .2rem 0; }
        }

        """
}
