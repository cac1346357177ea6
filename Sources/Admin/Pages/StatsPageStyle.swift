/// The page's style. Colours have a contrast of at least 4.5 to 1 in both schemes.
enum StatsPageStyle {
    static let css: HTML = """

        :root { color-scheme: light dark; --text: #1b1f24; --quiet: #57606a; --back: #ffffff; --raised: #f3f5f7; --line: #d3d9df;
          --good: #146c2e; --good-back: #dcf3e1; --warning: #7a4a00; --warning-back: #fdecc8; --bad: #a40e26; --bad-back: #fbdcdf;
          --off: #4b535c; --off-back: #e4e7ea; --link: #0b57b0; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e4e8ec; --quiet: #a2abb5; --back: #14181c; --raised: #1e242a; --line: #38414a;
            --good: #7ee093; --good-back: #15391f; --warning: #f5c563; --warning-back: #40300a; --bad: #ff9aa5; --bad-back: #4d151d;
            --off: #b3bbc3; --off-back: #2f373f; --link: #8cbcff; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 120rem; color: var(--text); background: var(--back);
          font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem; padding: .75rem 0;
          border-bottom: 1px solid var(--line); }
        h1 { font-size: 1.4rem; margin: 0; }
        h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
        h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
        article p, #failures p { margin: .1rem 0 .4rem; color: var(--quiet); }
        nav { display: flex; flex-wrap: wrap; gap: .2rem .9rem; }
        a { color: var(--link); }
        #live { margin: 0; color: var(--quiet); font-size: .85rem; }
        #note { position: fixed; bottom: .8rem; left: 1rem; right: 1rem; z-index: 2; margin: 0 auto; padding: .4rem .8rem; width: fit-content;
          border-radius: 6px; font-weight: 600; background: var(--raised); border: 1px solid var(--line); }
        #note:empty { display: none; }
        #live.stale { color: var(--bad); font-weight: 600; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem 1rem; margin: 0; }
        dt { color: var(--quiet); font-size: .8rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        .wide { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0 1rem; }
        table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; padding: .35rem .6rem; color: var(--quiet); }
        h2 + .wide caption, article caption { position: absolute; width: 1px; height: 1px; padding: 0; overflow: hidden; }
        th, td { padding: .3rem .5rem; text-align: left; white-space: nowrap; border-top: 1px solid var(--line); vertical-align: top; }
        thead th { background: var(--raised); font-weight: 600; }
        tbody th { font-weight: 600; }
        tbody tr:hover > * { background: var(--raised); }
        [data-key] :is(th, td) { vertical-align: middle; }
        .site th { background: var(--raised); color: var(--quiet); font-weight: 600; }
        .n { text-align: right; }
        .hot { color: var(--bad); font-weight: 600; }
        .long { white-space: normal; overflow-wrap: anywhere; min-width: 16rem; }
        .words { white-space: normal; min-width: 10rem; }
        .none { color: var(--quiet); }
        .badge { display: inline-block; padding: 0 .5em; border-radius: 4px; font-size: .85rem; font-weight: 600; }
        .good { color: var(--good); background: var(--good-back); }
        .warning { color: var(--warning); background: var(--warning-back); }
        .bad { color: var(--bad); background: var(--bad-back); }
        .off { color: var(--off); background: var(--off-back); }
        summary { cursor: pointer; }
        details ul { margin: .3rem 0; padding-left: 1rem; white-space: normal; min-width: 18rem; }
        meter { width: 4rem; height: .8em; vertical-align: middle; }
        form { margin: .4rem 0; }
        header form { margin: 0; }
        button { cursor: pointer; }
        input[type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0 .2rem 0 0; vertical-align: text-bottom; }
        .login { max-width: 34rem; margin: 4rem auto; }
        input, button { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px;
          padding: .25rem .6rem; }
        input { width: min(20rem, 100%); }
        @media (max-width: 40rem) {
          body { padding: 0 .6rem 2rem; }
          dl { grid-template-columns: repeat(2, 1fr); }
          button { padding: .5rem .9rem; }
          tbody th label { display: block; padding: .2rem 0; white-space: normal; }
          tbody th, thead th:first-child { position: sticky; left: 0; background: var(--raised); min-width: 7.5rem; max-width: 50vw;
            white-space: normal; overflow-wrap: break-word; }
          .site th { position: static; }
          .long { min-width: 11rem; }
          #events td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 6rem; }
        }

        """
}
