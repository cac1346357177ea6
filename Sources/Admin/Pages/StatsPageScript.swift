/// The page's script: fetches the page itself while it is looked at and changes what is different, node by node, so that what is ticked,
/// opened, scrolled or typed stays; sends the pools' forms; hides the runs that are not searched for.
enum StatsPageScript {
    static let source: HTML = """

        "use strict";
        const live = document.getElementById("live");
        const note = document.getElementById("note");
        const search = document.querySelector("input[name=certname]");
        const place = location.pathname.split(";")[0] + location.search;
        function filter() {
          const wanted = search.value.toLowerCase().replace(/[.+^${}()|[\\]\\\\]/g, "\\\\$&").replace(/[*]/g, ".*").replace(/[?]/g, ".");
          const pattern = new RegExp(/[*?]/.test(search.value) ? "^" + wanted + "$" : wanted);
          for (const row of document.querySelectorAll("#runs-table tbody tr")) {
            const name = row.querySelector("th");
            if (name) row.hidden = !pattern.test(name.textContent.toLowerCase());
          }
        }
        function isSame(old, next) {
          return old.nodeName === next.nodeName && old.id === next.id && old.dataset?.key === next.dataset?.key;
        }
        function change(old, next) {
          if (old.nodeType !== Node.ELEMENT_NODE) {
            if (old.data !== next.data) old.data = next.data;
            return;
          }
          for (const { name } of [...old.attributes]) if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
          for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
          const [there, wanted] = [[...old.childNodes], [...next.childNodes]];
          wanted.forEach((node, index) => {
            if (index >= there.length) old.append(node);
            else if (isSame(there[index], node)) change(there[index], node);
            else there[index].replaceWith(node);
          });
          for (const node of there.slice(wanted.length)) node.remove();
        }
        function adopt(text) {
          // Without head and script, which the page's policy would complain of.
          const content = text.slice(text.indexOf('<p id="note"'), text.indexOf("</main>"));
          const fresh = new DOMParser().parseFromString(content, "text/html");
          const main = fresh.querySelector("main");
          if (main) change(document.querySelector("main"), main);
          filter();
          return fresh.getElementById("note")?.textContent ?? "";
        }
        async function load(place, options) {
          const answer = await fetch(place, { cache: "no-store", signal: AbortSignal.timeout(10000), ...options });
          if (answer.status === 401) location.reload();
          const text = await answer.text();
          if (!answer.ok) throw new Error(text);
          return text;
        }
        async function refresh() {
          const begun = performance.now();
          if (!document.hidden) {
            try {
              adopt(await load(place));
              live.textContent = "live";
              live.className = "";
            } catch {
              live.textContent = "no answer: what you see is old";
              live.className = "stale";
            }
          }
          setTimeout(refresh, Math.max(1000, 10 * (performance.now() - begun)));
        }
        let fading;
        function tell(text) {
          note.textContent = text;
          clearTimeout(fading);
          fading = setTimeout(() => { note.textContent = ""; }, 8000);
        }
        document.addEventListener("submit", async (event) => {
          const form = event.target.closest("form.change");
          if (!form) return;
          event.preventDefault();
          const body = new URLSearchParams(new FormData(form));
          body.set("action", event.submitter.value);
          try {
            const text = await load(form.getAttribute("action"), { method: "POST", body });
            form.reset();
            tell(adopt(text));
          } catch (error) {
            tell(error.message);
          }
        });
        search.addEventListener("input", filter);
        if (note.textContent) tell(note.textContent);
        filter();
        live.textContent = "live";
        setTimeout(refresh, 1000);

        """
}
