/// The page's style. Text has a contrast of at least 4.5 to 1 in both schemes; widths of columns are in percent, so that the tables of all
/// pools align.
enum StatsPageStyle {
    static let css: HTML = """

        :root { color-scheme: light dark; --text: #1c2127; --quiet: #5a636d; --back: #f6f7f9; --card: #ffffff; --raised: #eef1f4;
          --line: #dce1e6; --accent: #1f5fae; --area: #d5e3f5; --slow: #8a94a0; --slow-area: #eceff2; --link: #0b57b0;
          --good: #146c2e; --good-back: #dff4e4; --warning: #7a4a00; --warning-back: #fdefd0; --bad: #a40e26; --bad-back: #fbe1e4;
          --off: #4b535c; --off-back: #e4e7ea; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e4e8ec; --quiet: #a2abb5; --back: #101418; --card: #171c21; --raised: #20272e; --line: #2e363e;
            --accent: #7fb2f5; --area: #20364f; --slow: #8b95a0; --slow-area: #232a31; --link: #8cbcff;
            --good: #7ee093; --good-back: #15391f; --warning: #f5c563; --warning-back: #40300a; --bad: #ff9aa5; --bad-back: #4d151d;
            --off: #b3bbc3; --off-back: #2f373f; }
        }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 4rem; }
        body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 110rem; color: var(--text); background: var(--back);
          font: 14px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        a { color: var(--link); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
        header { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.2rem;
          margin: 0 -1rem; padding: .5rem 1rem; background: var(--back); border-bottom: 1px solid var(--line); }
        h1 { font-size: 1.1rem; margin: 0; font-weight: 600; }
        h1 span { color: var(--quiet); font-weight: 500; }
        h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
        nav { display: flex; flex-wrap: wrap; gap: .1rem .9rem; flex: 1; }
        nav a { text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        #status { display: flex; align-items: center; gap: .6rem; min-width: 8.5rem; }
        #live { color: var(--quiet); font-size: .85rem; }
        #live::before { content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .4em; border-radius: 50%;
          background: var(--good); }
        #live.paused::before { background: var(--slow); }
        #live.stale { color: var(--bad); font-weight: 600; }
        #live.stale::before { background: var(--bad); }
        #note { position: fixed; bottom: .8rem; left: 1rem; right: 1rem; z-index: 4; margin: 0 auto; padding: .5rem 1rem; width: fit-content;
          border-radius: 6px; font-weight: 600; background: var(--card); border: 1px solid var(--accent); }
        #note:empty { display: none; }
        #tip { position: fixed; z-index: 5; padding: .15rem .5rem; border-radius: 4px; font-size: .8rem; color: var(--card);
          background: var(--text); pointer-events: none; white-space: nowrap; }
        article, .panel { margin: 0 0 1.2rem; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        article h3, .panel h3 { margin: 0 0 .2rem; }
        .panel h3 a { font-size: .85rem; font-weight: 400; margin-left: .6rem; }
        .facts { margin: 0 0 .5rem; color: var(--quiet); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; }
        .tile { display: flex; flex-direction: column; padding: .55rem .8rem; color: inherit; text-decoration: none; background: var(--card);
          border: 1px solid var(--line); border-radius: 8px; }
        .tile:hover { border-color: var(--accent); }
        .tile span, .tile small { color: var(--quiet); font-size: .8rem; }
        .tile b { font-size: 1.25rem; white-space: nowrap; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
        .tile.isbad b { color: var(--bad); }
        .calm { margin: .8rem 0 0; color: var(--quiet); }
        .attention { list-style: none; margin: .8rem 0 0; padding: 0; display: grid; gap: .25rem; }
        .attention a { color: inherit; text-decoration: none; }
        .attention a:hover { text-decoration: underline; }
        .attention .badge { min-width: 4.8rem; text-align: center; margin-right: .3rem; }
        .sparks { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem 1.2rem; margin: .3rem 0 .8rem; }
        .spark { margin: 0; min-width: 0; }
        .spark figcaption { display: flex; align-items: baseline; gap: .4rem; font-size: .85rem; white-space: nowrap; overflow: hidden; }
        .spark figcaption b { font-variant-numeric: tabular-nums; }
        .spark span, .spark small { color: var(--quiet); }
        .spark small { font-size: .8rem; margin-left: auto; }
        .spark svg { display: block; width: 100%; height: 2.6rem; margin-top: .1rem; }
        .spark path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 1.5px; }
        .spark .base { stroke: var(--line); stroke-width: 1px; }
        .spark .line { stroke: var(--accent); }
        .spark .area { fill: var(--area); }
        .spark .line.slow { stroke: var(--slow); stroke-width: 1px; }
        .spark .area.slow { fill: var(--slow-area); }
        .spark .bars { fill: var(--bad); }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem 1rem; margin: 0; }
        dt { color: var(--quiet); font-size: .8rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        #process dl { padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        #legend { margin: 0 0 .8rem; }
        #legend dl { grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); padding: .6rem 0 0; }
        #legend dt { font-weight: 600; color: var(--text); }
        .badge { display: inline-block; padding: 0 .5em; border-radius: 4px; font-size: .8rem; font-weight: 600; line-height: 1.5; }
        .good { color: var(--good); background: var(--good-back); }
        .warning { color: var(--warning); background: var(--warning-back); }
        .bad { color: var(--bad); background: var(--bad-back); }
        .off { color: var(--off); background: var(--off-back); }
        .tag { color: var(--quiet); font-weight: 400; font-size: .8rem; border: 1px solid var(--line); border-radius: 4px; padding: 0 .3em; }
        summary { cursor: pointer; }
        form { margin: 0; }
        input, button, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--slow); border-radius: 6px;
          padding: .2rem .6rem; }
        button { cursor: pointer; }
        button:hover { background: var(--raised); border-color: var(--accent); }
        input[type=checkbox] { width: 1.05rem; height: 1.05rem; margin: 0 .3rem 0 0; vertical-align: text-bottom; accent-color: var(--accent); }
        .filters { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem 1rem; padding: .7rem 1rem; background: var(--card);
          border: 1px solid var(--line); border-radius: 8px; }
        .filters label { display: grid; gap: .1rem; font-size: .8rem; color: var(--quiet); }
        .filters input, .filters select { font-size: .95rem; color: var(--text); width: 12rem; }
        .filters input[type=number] { width: 5rem; }
        .filters .check { display: block; font-size: .95rem; color: var(--text); padding: .25rem 0; }
        .filters .check input { width: 1.05rem; }
        .scripted .filters .buttons button { display: none; }
        .actions { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; margin: .5rem 0 0; }
        .actions span { color: var(--quiet); }
        .login { max-width: 34rem; margin: 4rem auto; }
        .login input { width: min(20rem, 100%); }

        """
}
