/// The page's script: fetches the page itself while it is looked at, puts in what has changed, and hides the runs that are not searched
/// for.
enum StatsPageScript {
    static let source: HTML = """

        "use strict";
        const live = document.getElementById("live");
        const search = document.querySelector("input[name=certname]");
        const every = 2000;
        function filter() {
          const wanted = search.value.toLowerCase().replace(/[.+^${}()|[\\]\\\\]/g, "\\\\$&").replace(/[*]/g, ".*").replace(/[?]/g, ".");
          const pattern = new RegExp(/[*?]/.test(search.value) ? "^" + wanted + "$" : wanted);
          for (const row of document.querySelectorAll("#runs-table tbody tr")) {
            const name = row.querySelector("th");
            if (name) row.hidden = !pattern.test(name.textContent.toLowerCase());
          }
        }
        function adopt(text) {
          const content = text.slice(text.indexOf("<main>"), text.indexOf("</main>"));
          const fresh = new DOMParser().parseFromString(content, "text/html");
          for (const old of document.querySelectorAll("[data-live]")) {
            const next = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
            if (!next || old.innerHTML === next.innerHTML) continue;
            const places = [...old.querySelectorAll(".wide")].map((box) => box.scrollLeft);
            old.replaceChildren(...next.childNodes);
            old.querySelectorAll(".wide").forEach((box, index) => { box.scrollLeft = places[index] || 0; });
          }
          filter();
        }
        async function refresh() {
          if (!document.hidden && !String(getSelection())) {
            try {
              const answer = await fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(10000) });
              if (!answer.ok) throw new Error("status " + answer.status);
              adopt(await answer.text());
              live.textContent = "live";
              live.className = "";
            } catch (error) {
              live.textContent = "no answer: what you see is old";
              live.className = "stale";
            }
          }
          setTimeout(refresh, every);
        }
        search.addEventListener("input", filter);
        filter();
        live.textContent = "live";
        setTimeout(refresh, every);

        """
}
